// SPDX-License-Identifier: Apache-2.0
//
// Which Gateway owns which slot of entry points (design.md §3.1).
#pragma once

#include <vector>

#include "context.hpp"

namespace gatefile::graph {

/// With one slot all Gateways share it; with several each gets one of its own: those that ask for
/// an address first, then the others in order of their names.
void assign_slots(const Context& context, std::vector<Gateway>& gateways);

}  // namespace gatefile::graph
