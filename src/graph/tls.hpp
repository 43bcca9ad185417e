// SPDX-License-Identifier: Apache-2.0
//
// What TLS needs: certificates of listeners, options that can be honoured, what clients have to
// show, and what the Gateway itself shows to backends.
#pragma once

#include "context.hpp"

namespace gatefile::graph {

void check_tls(const Context& context, const api::Gateway& gateway, Listener& listener);

/// GatewayTLSConfig, as far as it is the Gateway's own matter: what it shows to backends.
void check_gateway_tls(const Context& context, Gateway& gateway);

}  // namespace gatefile::graph
