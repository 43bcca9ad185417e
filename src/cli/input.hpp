// SPDX-License-Identifier: Apache-2.0
//
// What commands read: manifests, or a cluster as it is.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "gatefile/api/snapshot.hpp"
#include "gatefile/base/result.hpp"
#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/source/manifests.hpp"
#include "options.hpp"
#include "source_texts.hpp"

namespace gatefile::cli {

/// How manifests are read, with the definitions of --crds.
base::Result<source::ManifestSettings> reading_settings(const Options& options);

/// The clusters of --from. `needed` as source::ReadOnce has it, of the first one; may be empty.
/// `seen` is called for each object.
base::Result<std::shared_ptr<const api::Snapshot>> read_clusters(
    const Options& options,
    const std::function<std::vector<diag::ObjectRef>(const api::Snapshot&)>& needed,
    const std::function<void()>& seen);

struct Input {
    std::shared_ptr<const api::Snapshot> snapshot;
    bool complete = true;  ///< all manifests that were named could be read and parsed
};

/// What -f names, or with --from cluster the cluster; what is wrong with it goes into `reading`.
/// Kinds that the cluster lacks or refuses are told of on standard error. `texts`, where it is
/// given, gets what came on standard input.
base::Result<Input>
read_input(const Options& options, diag::Diagnostics& reading, SourceTexts* texts = nullptr);
/// The same, complete or not.
base::Result<std::shared_ptr<const api::Snapshot>>
read_objects(const Options& options, diag::Diagnostics& reading, SourceTexts* texts = nullptr);

}  // namespace gatefile::cli
