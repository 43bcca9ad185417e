// SPDX-License-Identifier: Apache-2.0
//
// GRPCRoutes in the words of HTTPRoutes, as far as they have the same: filters, backends, sessions.
// Matches are their own.
#pragma once

#include <memory>
#include <vector>

#include "rule_place.hpp"

namespace gatefile::graph {

/// Of kind GRPCRoute; its rules have no matches.
std::shared_ptr<const api::HttpRoute> translate(const api::GrpcRoute& route);

/// Per match: false when it can never be told whether it matches.
std::vector<bool> check_matches(const Context& context,
                                const RulePlace& place,
                                const std::vector<api::GrpcRouteMatch>& matches);

}  // namespace gatefile::graph
