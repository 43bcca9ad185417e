// SPDX-License-Identifier: Apache-2.0
//
// Filters of the IR as Traefik's middlewares, in both formats.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "draft.hpp"

namespace gatefile::traefik {

/// What a list of filters became.
struct FilterChain {
    std::vector<std::string> middlewares;    ///< outermost first
    std::vector<const ir::Mirror*> mirrors;  ///< behind all of `middlewares`
    bool redirects = false;
};

/// The service of a backend, by its index; made when first asked for.
using ServiceOf = std::function<std::string(std::size_t)>;

/// Adds the middlewares to the model; `owner` is the start of their names.
FilterChain render_filters(Draft& draft,
                           std::string_view owner,
                           std::span<const ir::Filter> filters,
                           const ServiceOf& service_of);

/// The retry middleware of a rule; its name.
std::string render_retry(Draft& draft, std::string_view owner, const ir::Retry& retry);

HeadersMiddleware cors_middleware(const ir::CorsPolicy& policy);

/// Redirects and rewrites where the format has no middlewares of Gateway API's semantics: regular
/// expressions over the URL and over the escaped path.
RedirectRegexMiddleware redirect_by_regex(const ir::Redirect& redirect);
MiddlewareSettings rewrite_path_by_regex(const ir::PathChange& change);

}  // namespace gatefile::traefik
