// SPDX-License-Identifier: Apache-2.0
//
// Whether each match of a rule can be expressed.
#pragma once

#include <vector>

#include "rule_place.hpp"

namespace gatefile::graph {

/// Whether the headers of one match can be told; warns of those that are named twice.
bool check_headers(const Context& context,
                   const RulePlace& place,
                   std::size_t match,
                   const std::vector<api::ValueMatch>& headers);

/// Per match: false when it can never be told whether it matches.
std::vector<bool> check_matches(const Context& context,
                                const RulePlace& place,
                                const std::vector<api::HttpRouteMatch>& matches);

}  // namespace gatefile::graph
