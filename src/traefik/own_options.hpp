// SPDX-License-Identifier: Apache-2.0
//
// The options "gatefile.dev/…" of listeners and BackendTLSPolicies in Traefik's words. The graph
// let only known keys and values through.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "gatefile/ir/ir.hpp"
#include "gatefile/traefik/dynamic.hpp"

namespace gatefile::traefik {

/// Without a name; the resolver is the router's.
struct OwnOptions {
    TlsOptions options;
    std::string cert_resolver;
    bool any = false;  ///< of what Traefik has in its TLS options
};

OwnOptions own_options(const std::vector<std::pair<std::string, std::string>>& options);
/// With what clients have to show.
OwnOptions own_options(const ir::Tls& tls);

}  // namespace gatefile::traefik
