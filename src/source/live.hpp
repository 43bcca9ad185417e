// SPDX-License-Identifier: Apache-2.0
//
// What of an object is needed beside what is decoded.
#pragma once

#include "gatefile/source/cluster.hpp"

namespace gatefile::source {

/// Empty where the node has none of it.
Live live_of(const tree::Node& object);
diag::ObjectRef ref_of(std::string_view kind, const tree::Node& object);

/// What an API server sends, as JSON. Objects may be nested as deep as it takes them, which is more
/// than the rest of this program does (tree::Limits).
base::Result<tree::Document> read_body(std::string_view body);

/// Whether lists and maps are nested more than `levels` deep, `node` itself being the first.
bool is_deeper_than(const tree::Node& node, std::size_t levels);

}  // namespace gatefile::source
