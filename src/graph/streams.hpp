// SPDX-License-Identifier: Apache-2.0
//
// TLSRoutes, TCPRoutes and UDPRoutes with everything judged that does not depend on where they are
// attached.
#pragma once

#include "backends.hpp"
#include "context.hpp"

namespace gatefile::graph {

/// Fills in StreamRoute::backends and StreamRoute::standing.
void judge_stream(const Context& context, StreamRoute& route, BackendResolver& backends);

}  // namespace gatefile::graph
