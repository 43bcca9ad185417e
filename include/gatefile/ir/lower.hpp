// SPDX-License-Identifier: Apache-2.0
//
// Graph to IR: only what serves, in the order in which Gateway API wants it tried. The one place
// where precedence is decided (HTTPRouteRule.matches, and hostnames of v1.7.0).
#pragma once

#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/graph/graph.hpp"
#include "gatefile/ir/ir.hpp"

namespace gatefile::ir {

Config lower(const graph::Graph& graph, diag::Diagnostics& diagnostics);

}  // namespace gatefile::ir
