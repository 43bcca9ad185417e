// SPDX-License-Identifier: Apache-2.0
//
// TLS towards backends as transports have it.
#pragma once

#include <string>
#include <vector>

#include "gatefile/ir/ir.hpp"
#include "gatefile/traefik/dynamic.hpp"

namespace gatefile::traefik {

/// Names of transports, one per Config::backend_tls: by policy and client certificate, so that they
/// stay while the certificates change.
std::vector<std::string> transport_tls_names(const ir::Config& config);

/// "ns/name" of the client certificate that a backend is shown; empty: none.
std::string client_certificate_id(const ir::Config& config, const ir::Backend& backend);

TransportTls render_transport_tls(const ir::Config& config, const ir::BackendTls& tls);

}  // namespace gatefile::traefik
