// SPDX-License-Identifier: Apache-2.0
//
// What the services of backends are called, and the URLs of their endpoints.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gatefile/ir/ir.hpp"

namespace gatefile::traefik {

std::string_view scheme_of(ir::BackendProtocol protocol);
std::string url_of(std::string_view scheme, const ir::Endpoint& endpoint);

/// Whether its endpoints have different weights.
bool has_weights(const ir::Backend& backend);

/// How often a connection between clusters that cannot be made is tried again. Each try is a draw
/// of its own, because all requests share the turns of a load balancer: of a cluster that is gone and
/// has the share p, p to the power of one more fails. It is the same wherever endpoints are at the
/// moment, so that what changes with Pods is servers alone.
inline constexpr int retries_between_clusters = 31;

/// One for each backend, all different.
std::vector<std::string> backend_names(const ir::Config& config);

}  // namespace gatefile::traefik
