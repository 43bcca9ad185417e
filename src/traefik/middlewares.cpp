// SPDX-License-Identifier: Apache-2.0
#include "middlewares.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "external_auth.hpp"
#include "gatefile/base/overloaded.hpp"
#include "gatefile/base/strings.hpp"
#include "names.hpp"
#include "paths.hpp"

namespace gatefile::traefik {
namespace {

/// Of equivalent names the first counts (HTTPHeaderFilter.set).
std::vector<HeaderPair> first_of_each(const std::vector<ir::Header>& headers) {
    std::vector<HeaderPair> out;
    for (const ir::Header& header : headers) {
        const bool known = std::any_of(out.begin(), out.end(), [&](const HeaderPair& other) {
            return base::equals_ignoring_case(other.name, header.name);
        });
        if (!known) out.push_back({header.name, header.value});
    }
    return out;
}

void set_unless_known(std::vector<HeaderPair>& pairs, HeaderPair pair) {
    const bool known = std::any_of(pairs.begin(), pairs.end(), [&](const HeaderPair& other) {
        return base::equals_ignoring_case(other.name, pair.name);
    });
    if (!known) pairs.push_back(std::move(pair));
}

/// For `headers`, which sets (an `add` gets here as an approximation only) and removes.
std::vector<HeaderPair> as_settings(const ir::HeaderChange& change) {
    std::vector<HeaderPair> out;
    for (const std::string& name : change.remove)
        set_unless_known(out, {name, ""});
    for (const ir::Header& header : change.set)
        set_unless_known(out, {header.name, header.value});
    for (const ir::Header& header : change.add)
        set_unless_known(out, {header.name, header.value});
    return out;
}

class Chain {
public:
    Chain(Draft& draft, std::string_view owner, const ServiceOf& service_of)
        : draft_(draft), owner_(owner), service_of_(service_of) {}

    void add(const ir::Filter& filter, std::size_t index) {
        part_ = "f" + std::to_string(index);
        std::visit(base::Overloaded{
                       [&](const ir::RequestHeaders& f) { add_headers(f.change, false); },
                       [&](const ir::ResponseHeaders& f) { add_headers(f.change, true); },
                       [&](const ir::Rewrite& f) { add_rewrite(f); },
                       [&](const ir::Redirect& f) { add_redirect(f); },
                       [&](const ir::Mirror& f) { chain_.mirrors.push_back(&f); },
                       [&](const ir::CorsPolicy& f) { push(cors_middleware(f)); },
                       [&](const ir::ExternalAuth& f) {
                           const std::string name = with_part(owner_, part_);
                           chain_.middlewares.push_back(name);
                           render_external_auth(draft_, name, f, service_of_(f.backend));
                       },
                       [&](const ir::ExtensionFilter& f) { add_extension(f); },
                   },
                   filter);
    }

    FilterChain take() { return std::move(chain_); }

private:
    void push(MiddlewareSettings settings, std::string_view suffix = "") {
        std::string name = with_part(owner_, part_ + std::string(suffix));
        chain_.middlewares.push_back(name);
        draft_.dynamic.middlewares.push_back({std::move(name), std::move(settings)});
    }

    /// One for all rules that run it; Traefik keeps what it counts for each of them anyway.
    void add_extension(const ir::ExtensionFilter& filter) {
        std::string name = make_name({"middleware", filter.ns, filter.name});
        chain_.middlewares.push_back(name);
        if (!draft_.extensions.insert(name).second) return;
        ExtensionMiddleware out{.type = filter.type, .settings = filter.settings, .service = {}};
        if (filter.service) out.service = service_of_(*filter.service);
        draft_.dynamic.middlewares.push_back({std::move(name), std::move(out)});
    }

    void add_headers(const ir::HeaderChange& change, bool response) {
        if (change.set.empty() && change.add.empty() && change.remove.empty()) return;
        if (!draft_.is_file()) {
            push(HeaderModifierMiddleware{.response = response,
                                          .set = first_of_each(change.set),
                                          .add = first_of_each(change.add),
                                          .remove = change.remove});
            return;
        }
        HeadersMiddleware headers;
        (response ? headers.response : headers.request) = as_settings(change);
        push(std::move(headers));
    }

    void add_rewrite(const ir::Rewrite& rewrite) {
        if (!draft_.is_file()) {
            UrlRewriteMiddleware out{.hostname = rewrite.hostname};
            set_path(rewrite.path, out.path, out.path_prefix);
            push(std::move(out));
            return;
        }
        HeadersMiddleware headers;
        if (rewrite.path) {
            push(rewrite_path_by_regex(*rewrite.path), "-path");
            // Traefik tells the backend of the rewrite, Gateway API does not.
            headers.request.push_back({"X-Replaced-Path", ""});
        }
        if (rewrite.hostname) headers.request.push_back({"Host", *rewrite.hostname});
        if (!headers.request.empty()) push(std::move(headers));
    }

    void add_redirect(const ir::Redirect& redirect) {
        chain_.redirects = true;
        if (draft_.is_file()) {
            push(redirect_by_regex(redirect));
            return;
        }
        RequestRedirectMiddleware out{.scheme = redirect.scheme,
                                      .hostname = redirect.hostname,
                                      // Absent would keep the port of the Host header.
                                      .port = redirect.port ? std::to_string(*redirect.port) : "",
                                      .status = redirect.status};
        set_path(redirect.path, out.path, out.path_prefix);
        push(std::move(out));
    }

    /// Traefik compares the prefix with the escaped path, and escapes what it puts in.
    static void set_path(const std::optional<ir::PathChange>& change,
                         std::optional<std::string>& path,
                         std::optional<std::string>& prefix) {
        if (!change) return;
        std::visit(base::Overloaded{
                       [&](const ir::FullPath& full) { path = decoded_path(full.path); },
                       [&](const ir::PrefixPath& part) {
                           path = decoded_path(part.replacement);
                           prefix = escaped_prefix(part.matched);
                       },
                   },
                   *change);
    }

    Draft& draft_;
    std::string_view owner_;
    const ServiceOf& service_of_;
    std::string part_;
    FilterChain chain_;
};

}  // namespace

FilterChain render_filters(Draft& draft,
                           std::string_view owner,
                           std::span<const ir::Filter> filters,
                           const ServiceOf& service_of) {
    Chain chain(draft, owner, service_of);
    for (std::size_t i = 0; i < filters.size(); ++i)
        chain.add(filters[i], i);
    return chain.take();
}

std::string render_retry(Draft& draft, std::string_view owner, const ir::Retry& retry) {
    std::string name = with_part(owner, "retry");
    draft.dynamic.middlewares.push_back({name,
                                         RetryMiddleware{.attempts = retry.attempts + 1,
                                                         .status = retry.codes,
                                                         .initial_interval = retry.backoff}});
    return name;
}

}  // namespace gatefile::traefik
