// SPDX-License-Identifier: Apache-2.0
//
// Whether each match of a rule can be expressed.
#pragma once

#include <vector>

#include "rule_place.hpp"

namespace gatefile::graph {

/// Per match: false when it can never be told whether it matches.
std::vector<bool> check_matches(const Context& context,
                                const RulePlace& place,
                                const std::vector<api::HttpRouteMatch>& matches);

}  // namespace gatefile::graph
