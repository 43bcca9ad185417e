// SPDX-License-Identifier: Apache-2.0
//
// What a running Traefik says of itself through its API: version, entry points, and which of our
// generations it has loaded. Decides nothing about status.
#pragma once

#include <optional>
#include <string>

#include "gatefile/base/result.hpp"
#include "gatefile/http/request.hpp"
#include "gatefile/traefik/static_config.hpp"

namespace gatefile::probe {

/// Entry points and version; `url` is the API's base ("http://127.0.0.1:8080").
base::Result<traefik::StaticConfig> read_static_config(const std::string& url);

/// Where the middleware `gatefile-generation` of a provider ("file", or "plugin-NAME") is asked
/// for.
std::string generation_url(const std::string& url, const std::string& provider);

/// The content hash in that middleware; nothing when it is not loaded.
base::Result<std::optional<std::string>> generation_in(const http::Response& response);

}  // namespace gatefile::probe
