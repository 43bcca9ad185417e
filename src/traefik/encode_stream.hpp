// SPDX-License-Identifier: Apache-2.0
//
// The sections `tcp` and `udp`.
#pragma once

#include "encode_http.hpp"

namespace gatefile::traefik {

/// Empty maps when there is nothing.
tree::Node tcp_node(const Dynamic& dynamic, const KeyPlacement& keys, NodeBuilder& build);
tree::Node udp_node(const Dynamic& dynamic, NodeBuilder& build);

}  // namespace gatefile::traefik
