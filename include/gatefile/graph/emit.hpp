// SPDX-License-Identifier: Apache-2.0
//
// The Graph as a printable tree (--emit graph).
#pragma once

#include "gatefile/graph/graph.hpp"
#include "gatefile/tree/node.hpp"

namespace gatefile::graph {

tree::Node encode(const Graph& graph, tree::Arena& arena);

}  // namespace gatefile::graph
