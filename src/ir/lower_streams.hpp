// SPDX-License-Identifier: Apache-2.0
//
// TLSRoutes, TCPRoutes and UDPRoutes in the IR's words. A hostname of a listener has one route: the
// one with the most specific written hostname (TLSRouteSpec.hostnames), then the oldest; the others
// are accepted all the same.
#pragma once

#include <vector>

#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/graph/graph.hpp"
#include "gatefile/ir/ir.hpp"
#include "lower_http.hpp"
#include "merge_streams.hpp"

namespace gatefile::ir {

/// Every stream of `merged`, still without hosts and certificates; behind them the UDP entry points
/// that no listener has.
std::vector<Stream> lower_streams(const graph::Graph& graph, const MergedStreams& merged);

/// Fills in Stream::hosts and the routes that they lead to. `clients` are by Gateway.
void lower_stream_routes(const graph::Graph& graph,
                         const MergedStreams& merged,
                         const MergedListeners& beside,
                         const std::vector<TlsClient>& clients,
                         BackendTable& backends,
                         Config& config,
                         diag::Diagnostics& diagnostics);

}  // namespace gatefile::ir
