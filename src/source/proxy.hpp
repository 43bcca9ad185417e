// SPDX-License-Identifier: Apache-2.0
//
// Which proxy the environment names for an API server, as Go's x/net/http/httpproxy has it, and so
// kubectl: HTTPS_PROXY or HTTP_PROXY by the server's scheme, NO_PROXY, each in small letters, too.
#pragma once

#include <map>
#include <string>

#include "gatefile/base/result.hpp"

namespace gatefile::source {

/// Its URL, with scheme, which may hold a password; "" for none. `server` is "https://HOST:PORT…". An
/// Error when what is named cannot be a proxy.
base::Result<std::string>
proxy_of_environment(const std::string& server,
                     const std::map<std::string, std::string>& environment);

}  // namespace gatefile::source
