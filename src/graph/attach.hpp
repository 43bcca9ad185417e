// SPDX-License-Identifier: Apache-2.0
//
// Which listeners take a route: parentRefs, allowedRoutes, hostnames.
#pragma once

#include <vector>

#include "context.hpp"

namespace gatefile::graph {

/// One Parent per parentRef that names a Gateway of ours or a ListenerSet of one, in order of the
/// parentRefs. References to others yield none; what is wrong goes to the diagnostics.
std::vector<Parent> attach(const Context& context,
                           const api::Route& route,
                           const std::vector<Gateway>& gateways,
                           const std::vector<ListenerSet>& sets);

}  // namespace gatefile::graph
