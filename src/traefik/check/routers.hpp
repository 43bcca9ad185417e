// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "check/elements.hpp"
#include "check/tls_options.hpp"

namespace gatefile::traefik::check {

void check_http_routers(const Context& context, TlsOptions& options);
void check_tcp_routers(const Context& context, TlsOptions& options);
void check_udp_routers(const Context& context);

/// Entry points that the router names and Traefik does not have.
void check_entry_points(const Context& context, const Element& router, graph::Transport transport);
void check_priority(const Context& context, const Element& router);

}  // namespace gatefile::traefik::check
