// SPDX-License-Identifier: Apache-2.0
#include "gatefile/source/manifests.hpp"

#include "reading.hpp"

namespace gatefile::source {

base::Result<Manifests> read_manifests(const ManifestSettings& settings,
                                       diag::Diagnostics& diagnostics) {
    const auto roots = FileReader(settings).read();
    if (!roots) return roots.error();
    Manifests manifests;
    api::SnapshotBuilder builder(settings.read);
    for (const RootReading& root : *roots) {
        if (!report_faults(root, diagnostics)) manifests.complete = false;
        for (const auto& file : root.files) {
            for (const tree::Document& document : file->read.documents)
                builder.add(document, diagnostics);
        }
    }
    manifests.snapshot = builder.finish();
    return manifests;
}

}  // namespace gatefile::source
