// SPDX-License-Identifier: Apache-2.0
//
// Objects as a file that can be given with --with: sorted, the same bytes for the same objects,
// without what a server adds (but for the time of creation, because age decides between routes) and
// without secrets. Its first document says what it is complete for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gatefile/api/snapshot.hpp"
#include "gatefile/tree/node.hpp"

namespace gatefile::source {

/// An object as it was read, and what its text may leave out.
struct WholeObject {
    diag::ObjectRef ref;
    std::string api_version;  ///< empty: as in `object`
    tree::Node object;
};

enum class SnapshotFormat { Yaml, Json };

/// Of a Secret type and names stay, certificates too; all other values are replaced, and the
/// annotation gatefile.dev/redacted says so. Of a ConfigMap only ca.crt stays, unless a
/// parametersRef names it.
std::string write_snapshot(std::vector<WholeObject> objects,
                           const std::vector<api::Extent>& complete,
                           SnapshotFormat format);

}  // namespace gatefile::source
