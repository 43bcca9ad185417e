// SPDX-License-Identifier: Apache-2.0
#include "gatefile/diag/silence.hpp"
#include "lint_parts.hpp"

namespace gatefile::analysis {

void lint_ignores(const api::Snapshot& snapshot, diag::Diagnostics& diagnostics) {
    api::for_each_kind(snapshot, [&](std::string_view kind, const auto& objects) {
        for (const auto& object : objects) {
            const std::string* codes = api::find(object.meta.annotations, diag::ignore_annotation);
            if (codes == nullptr) continue;
            const diag::ObjectRef ref = object_of(kind, object.meta);
            for (const std::string& fault : diag::ignores_of({ref, *codes}).faults) {
                diagnostics.add({.code = diag::Code::IgnoreUnknown,
                                 .object = ref,
                                 .path = diag::Path("metadata.annotations") /
                                         std::string(diag::ignore_annotation),
                                 .detail = fault});
            }
        }
    });
}

}  // namespace gatefile::analysis
