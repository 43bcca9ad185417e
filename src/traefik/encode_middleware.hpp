// SPDX-License-Identifier: Apache-2.0
//
// One middleware as Traefik spells it.
#pragma once

#include "encode_http.hpp"

namespace gatefile::traefik {

tree::Node middleware_node(const Middleware& middleware,
                           Format format,
                           tree::Secrets secrets,
                           NodeBuilder& build);

}  // namespace gatefile::traefik
