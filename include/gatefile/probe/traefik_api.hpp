// SPDX-License-Identifier: Apache-2.0
//
// What a running Traefik says of itself through its API: version, entry points, and which of our
// generations it has loaded. Decides nothing about status.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/base/result.hpp"
#include "gatefile/http/request.hpp"
#include "gatefile/traefik/neighbour.hpp"
#include "gatefile/traefik/static_config.hpp"

namespace gatefile::probe {

/// Entry points and version; `url` is the API's base ("http://127.0.0.1:8080").
base::Result<traefik::StaticConfig> read_static_config(const std::string& url);

/// The same for whoever sends the requests: what to ask for below the API's base, in this order,
/// and what the answers come to.
std::span<const std::string_view> static_config_paths();
base::Result<traefik::StaticConfig>
static_config_in(const std::vector<http::Response>& answers);

/// Where Traefik says its version, and what it says; nothing for a build that has none.
std::string version_url(const std::string& url);
std::optional<traefik::Version> version_in(const http::Response& response);

/// What Traefik calls the provider that reads our files: "file", or "plugin-NAME".
std::string provider_name(traefik::Format format, const traefik::StaticConfig& config);

/// Where the middleware `gatefile-generation` of a provider is asked
/// for.
std::string generation_url(const std::string& url, const std::string& provider);

/// What that middleware says.
struct Mark {
    std::string generation;  ///< the content hash
    std::string plugin;      ///< the plugin's version; empty: it is older than 2, or there is none
};
/// Nothing when it is not loaded.
base::Result<std::optional<Mark>> mark_in(const http::Response& response);

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

enum class RouterKind : std::uint8_t { Http, Tcp };

/// Where the routers of a provider are listed, by its key in the static configuration
/// ("kubernetesingress"); below the API's base.
std::string routers_path(RouterKind kind, std::string_view provider, int page);

struct NeighbourPage {
    std::vector<traefik::Neighbour> neighbours;
    bool full = false;  ///< there may be another page
};

/// The roots in such a list that belong to the provider. Traefik refuses pages behind the last one:
/// an empty page.
base::Result<NeighbourPage>
neighbours_in(RouterKind kind, const http::Response& list, std::string_view provider);

/// /api/overview, and the providers in it as StaticConfig::other_providers has them.
std::string overview_url(const std::string& url);
base::Result<std::vector<std::string>> providers_in(const http::Response& overview);
base::Result<std::vector<std::string>> read_providers(const std::string& url);

}  // namespace gatefile::probe
