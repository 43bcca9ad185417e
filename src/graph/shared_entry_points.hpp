// SPDX-License-Identifier: Apache-2.0
//
// Listeners of several Gateways, or of several ports that are mapped together, on one entry point
// (design.md §3.1). They are merged where something tells their traffic apart; here is what cannot
// be.
#pragma once

#include "context.hpp"

namespace gatefile::graph {

/// Refuses listeners that an entry point cannot serve beside those that go first: of the older
/// Gateway, within a Gateway as written. The
/// listeners must have been judged by themselves.
void judge_shared_entry_points(const Context& context, std::vector<Gateway>& gateways);

}  // namespace gatefile::graph
