// SPDX-License-Identifier: Apache-2.0
//
// How the listeners of one Gateway stand to each other (GatewaySpec.listeners).
#pragma once

#include "context.hpp"

namespace gatefile::graph {

/// Marks listeners that are not distinct. None of them wins: all are refused.
void mark_conflicts(const Context& context, Gateway& gateway);

/// Fills in Listener::tls_overlaps.
void mark_tls_overlaps(Gateway& gateway);

}  // namespace gatefile::graph
