// SPDX-License-Identifier: Apache-2.0
//
// Which GatewayClasses and Gateways are ours, and whether their parameters can be honoured.
#pragma once

#include <vector>

#include "context.hpp"

namespace gatefile::graph {

std::vector<GatewayClass> find_classes(const Context& context);

/// Gateways of `classes`, with their listeners as yet unjudged.
std::vector<Gateway> find_gateways(const Context& context,
                                   const std::vector<GatewayClass>& classes);

}  // namespace gatefile::graph
