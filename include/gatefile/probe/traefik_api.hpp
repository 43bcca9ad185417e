// SPDX-License-Identifier: Apache-2.0
//
// What a running Traefik says of itself through its API: version, entry points, and which of our
// generations it has loaded. Decides nothing about status.
#pragma once

#include <optional>
#include <string>

#include "gatefile/base/result.hpp"
#include "gatefile/traefik/static_config.hpp"

namespace gatefile::probe {

/// Entry points and version; `url` is the API's base ("http://127.0.0.1:8080").
base::Result<traefik::StaticConfig> read_static_config(const std::string& url);

/// The content hash in the middleware `gatefile-generation` of a provider ("file", or
/// "plugin-NAME"); nothing when it is not loaded.
base::Result<std::optional<std::string>> loaded_generation(const std::string& url,
                                                           const std::string& provider);

}  // namespace gatefile::probe
