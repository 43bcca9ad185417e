// SPDX-License-Identifier: Apache-2.0
//
// Certificates and TLS options of the listeners that terminate TLS. All listeners of a Traefik
// share one store of certificates, so every DNS name gets one owner (design.md §3.3).
#pragma once

#include <cstddef>
#include <vector>

#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/graph/graph.hpp"
#include "gatefile/ir/ir.hpp"
#include "lower_http.hpp"
#include "merge_listeners.hpp"
#include "merge_streams.hpp"

namespace gatefile::ir {

/// Who each Gateway is to backends; fills in Config::client_certificates.
std::vector<TlsClient> lower_clients(const graph::Graph& graph, Config& config);

/// Places in Config::listeners and Config::streams.
struct Uncertified {
    std::vector<std::size_t> listeners;
    std::vector<std::size_t> streams;
};

/// Fills in Config::certificates, Listener::tls and Stream::tls; listeners and streams of the
/// config stand as in `merged` and `streams`. Those that want certificates and are left without
/// any.
Uncertified lower_tls(const graph::Graph& graph,
                      const MergedListeners& merged,
                      const MergedStreams& streams,
                      Config& config,
                      diag::Diagnostics& diagnostics);

/// Serves nothing on these: Traefik would answer there with a certificate of its own making. After
/// the hosts have been lowered.
void refuse(const Uncertified& uncertified, Config& config, diag::Diagnostics& diagnostics);

}  // namespace gatefile::ir
