// SPDX-License-Identifier: Apache-2.0
//
// The rules of a route with everything judged that does not depend on where it is attached.
#pragma once

#include "backends.hpp"
#include "context.hpp"

namespace gatefile::graph {

/// Fills in Route::rules and Route::standing.
void judge_rules(const Context& context, Route& route, BackendResolver& backends);

}  // namespace gatefile::graph
