// SPDX-License-Identifier: Apache-2.0
//
// What a running Traefik says of itself through its API: version, entry points, and which of our
// generations it has loaded. Decides nothing about status.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/base/result.hpp"
#include "gatefile/http/request.hpp"
#include "gatefile/traefik/static_config.hpp"

namespace gatefile::probe {

/// Entry points and version; `url` is the API's base ("http://127.0.0.1:8080").
base::Result<traefik::StaticConfig> read_static_config(const std::string& url);

/// What Traefik calls the provider that reads our files: "file", or "plugin-NAME".
std::string provider_name(traefik::Format format, const traefik::StaticConfig& config);

/// Where the middleware `gatefile-generation` of a provider is asked
/// for.
std::string generation_url(const std::string& url, const std::string& provider);

/// The content hash in that middleware; nothing when it is not loaded.
base::Result<std::optional<std::string>> generation_in(const http::Response& response);

/// What Traefik has against something of a provider's.
struct Fault {
    std::string name;  ///< without "@provider"
    std::vector<std::string> errors;
};

/// Whether /api/overview counts errors or warnings among routers, services or middlewares.
base::Result<bool> has_faults(const http::Response& overview);

/// The lists to ask for then, below the API's base.
std::span<const std::string_view> fault_paths();

/// Those of one such list that belong to the provider.
base::Result<std::vector<Fault>> faults_in(const http::Response& list, std::string_view provider);

}  // namespace gatefile::probe
