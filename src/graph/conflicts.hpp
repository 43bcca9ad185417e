// SPDX-License-Identifier: Apache-2.0
//
// How the listeners of one Gateway, those of its ListenerSets included, stand to each other
// (GatewaySpec.listeners, ListenerSetSpec.listeners).
#pragma once

#include "context.hpp"

namespace gatefile::graph {

/// Marks listeners that are not distinct. Of the Gateway's own none wins: all are refused. Of those
/// of ListenerSets the later one is refused, and the Gateway's always go first.
void mark_conflicts(const Context& context, Gateway& gateway);

/// Fills in Listener::tls_overlaps.
void mark_tls_overlaps(Gateway& gateway);

}  // namespace gatefile::graph
