// SPDX-License-Identifier: Apache-2.0
//
// The rules of a route with everything judged that does not depend on where it is attached.
#pragma once

#include "backends.hpp"
#include "context.hpp"

namespace gatefile::graph {

/// Fills in Route::rules and Route::standing. `grpc` is the GRPCRoute that the route is translated
/// from; else null.
void judge_rules(const Context& context,
                 Route& route,
                 const api::GrpcRoute* grpc,
                 BackendResolver& backends);

}  // namespace gatefile::graph
