// SPDX-License-Identifier: Apache-2.0
//
// Each listener by itself: protocol, allowed kinds, entry point. How listeners of one Gateway stand
// to each other is in conflicts.hpp, what TLS needs in tls.hpp, filters in listener_filters.hpp.
#pragma once

#include "backends.hpp"
#include "context.hpp"
#include "tls.hpp"

namespace gatefile::graph {

/// Judges all listeners of a Gateway; its slot must have been assigned. `backends`: for what filters
/// refer to.
void judge_listeners(const Context& context, BackendResolver& backends, Gateway& gateway);

/// Whether there is nothing about the listener itself that keeps it from being served.
bool is_good(const Listener& listener);

}  // namespace gatefile::graph
