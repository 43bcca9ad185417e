// SPDX-License-Identifier: Apache-2.0
//
// The IR as a printable tree (--emit ir). Keys are shown as fingerprints.
#pragma once

#include "gatefile/ir/ir.hpp"
#include "gatefile/tree/node.hpp"

namespace gatefile::ir {

tree::Node encode(const Config& config, tree::Arena& arena);

}  // namespace gatefile::ir
