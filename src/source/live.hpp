// SPDX-License-Identifier: Apache-2.0
//
// What of an object is needed beside what is decoded.
#pragma once

#include "gatefile/source/cluster.hpp"

namespace gatefile::source {

/// Empty where the node has none of it.
Live live_of(const tree::Node& object);
diag::ObjectRef ref_of(std::string_view kind, const tree::Node& object);

}  // namespace gatefile::source
