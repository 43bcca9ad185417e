// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "gatefile/base/regex.hpp"
#include "middlewares.hpp"

namespace gatefile::traefik {
namespace {

/// `*` stands for any number of labels and for nothing else (HTTPCORSFilter.allowOrigins).
std::string origin_pattern(std::string_view origin) {
    std::string pattern = "^";
    while (true) {
        const std::size_t star = origin.find('*');
        pattern += base::quote_regex(origin.substr(0, star));
        if (star == std::string_view::npos) break;
        pattern += "[^:/?#]+";
        origin.remove_prefix(star + 1);
    }
    return pattern + "$";
}

}  // namespace

HeadersMiddleware cors_middleware(const ir::CorsPolicy& policy) {
    HeadersMiddleware headers;
    bool any_origin = false;
    for (const std::string& origin : policy.allow_origins) {
        if (origin == "*") {
            any_origin = true;
            headers.allow_origins.push_back(origin);
        } else if (origin.find('*') != std::string::npos) {
            headers.allow_origin_patterns.push_back(origin_pattern(origin));
        } else {
            headers.allow_origins.push_back(origin);
        }
    }
    headers.allow_methods = policy.allow_methods;
    headers.allow_headers = policy.allow_headers;
    headers.expose_headers = policy.expose_headers;
    headers.max_age = policy.max_age;
    const bool credentials = policy.allow_credentials.value_or(false);
    if (credentials) headers.allow_credentials = true;
    // Whatever names an origin in its answer must not be cached for another one.
    headers.add_vary = !any_origin || credentials;
    return headers;
}

}  // namespace gatefile::traefik
