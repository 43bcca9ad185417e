// SPDX-License-Identifier: Apache-2.0
//
// Certificates and TLS options of the HTTPS listeners. All listeners of a Traefik share one store
// of certificates, so every DNS name gets one owner (design.md §3.3).
#pragma once

#include <cstddef>
#include <vector>

#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/graph/graph.hpp"
#include "gatefile/ir/ir.hpp"
#include "merge_listeners.hpp"

namespace gatefile::ir {

/// Fills in Config::certificates and Listener::tls; config.listeners stand as in `merged`. The
/// listeners that want certificates and are left without any.
std::vector<std::size_t> lower_tls(const graph::Graph& graph,
                                   const MergedListeners& merged,
                                   Config& config,
                                   diag::Diagnostics& diagnostics);

/// Serves nothing on these: Traefik would answer there with a certificate of its own making. After
/// the hosts have been lowered.
void refuse(const std::vector<std::size_t>& uncertified,
            Config& config,
            diag::Diagnostics& diagnostics);

}  // namespace gatefile::ir
