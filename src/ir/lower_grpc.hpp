// SPDX-License-Identifier: Apache-2.0
//
// The matches of a GRPCRoute. A call's path is "/SERVICE/METHOD".
#pragma once

#include <string_view>

#include "gatefile/api/grpc_route.hpp"
#include "gatefile/ir/ir.hpp"
#include "precedence.hpp"

namespace gatefile::ir {

/// Canonical, as the one for HTTPRoutes. Regular expressions have passed the graph's checks.
Match lower_match(const api::GrpcRouteMatch& match);

/// The longer service, then the longer method, then more headers (GRPCRouteRule.matches); what is
/// written out before a regular expression. An HTTPRoute's match that means the same ties.
Precedence precedence(std::string_view written_hostname, const api::GrpcRouteMatch& match);

}  // namespace gatefile::ir
