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
/// Whether they are in more than one cluster.
bool is_in_several_clusters(const ir::Backend& backend);

/// How often a connection to one of several clusters that cannot be made is tried again.
int retries_of(const ir::Backend& backend);

/// One for each backend, all different.
std::vector<std::string> backend_names(const ir::Config& config);

}  // namespace gatefile::traefik
