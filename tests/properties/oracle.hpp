// SPDX-License-Identifier: Apache-2.0
//
// The spec by brute force, straight from the graph: among all matches of all routes on the chosen
// listener the best one that matches. Slow and without any index, to hold lower() and ir::Matcher
// against.
#pragma once

#include <string>

#include "cluster.hpp"

namespace gatefile::properties {

/// As TraefikRouter::answer.
std::string answer_by_the_spec(const graph::Graph& graph, const ir::Request& request);

}  // namespace gatefile::properties
