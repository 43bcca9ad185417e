// SPDX-License-Identifier: Apache-2.0
//
// The `tls` section, and what transports say of TLS.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "encode_http.hpp"
#include "gatefile/base/secret_bytes.hpp"
#include "gatefile/traefik/encode.hpp"

namespace gatefile::traefik {

/// An empty map when there is nothing.
tree::Node
tls_node(const Dynamic& dynamic, Format format, const KeyPlacement& keys, NodeBuilder& build);

void add_transport_tls(Fields& fields,
                       const TransportTls& tls,
                       const KeyPlacement& keys,
                       NodeBuilder& build);

/// File names and contents of all keys, for Keys::Files.
std::vector<std::pair<std::string, base::SecretBytes>> key_files(const Dynamic& dynamic);

}  // namespace gatefile::traefik
