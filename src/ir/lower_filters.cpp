// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <span>
#include <utility>

#include "gatefile/base/overloaded.hpp"
#include "gatefile/base/strings.hpp"
#include "lower_http.hpp"

namespace gatefile::ir {
namespace {

/// Of several entries with equivalent names the first one counts (HTTPHeader.name).
std::vector<Header> lower_headers(const std::vector<api::HttpHeader>& headers) {
    std::vector<Header> lowered;
    lowered.reserve(headers.size());
    for (const api::HttpHeader& header : headers) {
        const bool repeated = std::ranges::any_of(lowered, [&](const Header& earlier) {
            return base::equals_ignoring_case(earlier.name, header.name);
        });
        if (!repeated) lowered.push_back({header.name, header.value});
    }
    return lowered;
}

HeaderChange lower_change(const api::HeaderModifier& modifier) {
    return {
        .set = lower_headers(modifier.set),
        .add = lower_headers(modifier.add),
        .remove = modifier.remove,
    };
}

/// Nothing when the prefix to replace is not known.
std::optional<PathChange> lower_path(const api::PathModifier& modifier, const Match& match) {
    switch (modifier.type) {
    case api::PathModifierType::ReplaceFullPath:
        return FullPath{modifier.value};
    case api::PathModifierType::ReplacePrefixMatch:
        if (match.path.kind != PathKind::Prefix) return std::nullopt;
        return PrefixPath{match.path.value, modifier.value};
    }
    return std::nullopt;
}

bool is_well_known(std::string_view scheme, std::uint16_t port) {
    return (scheme == "http" && port == 80) || (scheme == "https" && port == 443);
}

/// HTTPRequestRedirectFilter.port: as written; else the well-known port of the scheme if one is
/// written; else the listener's. Well-known ports are left out of the location.
std::optional<std::uint16_t> redirect_port(const api::RequestRedirect& redirect,
                                           const Arrival& arrival) {
    if (redirect.scheme && !redirect.port) return std::nullopt;
    const std::uint16_t port = redirect.port.value_or(arrival.port);
    const std::string_view scheme =
        redirect.scheme ? std::string_view(*redirect.scheme) : (arrival.tls ? "https" : "http");
    if (is_well_known(scheme, port)) return std::nullopt;
    return port;
}

std::optional<Filter> lower_redirect(const api::RequestRedirect& redirect, const Place& place) {
    Redirect lowered{
        .scheme = redirect.scheme,
        .hostname = redirect.hostname,
        .port = redirect_port(redirect, place.arrival),
        .status = redirect.status_code,
    };
    if (redirect.path) {
        lowered.path = lower_path(*redirect.path, *place.match);
        if (!lowered.path) return std::nullopt;
    }
    return lowered;
}

std::optional<Filter> lower_rewrite(const api::UrlRewrite& rewrite, const Place& place) {
    Rewrite lowered{.hostname = rewrite.hostname};
    if (rewrite.path) {
        lowered.path = lower_path(*rewrite.path, *place.match);
        if (!lowered.path) return std::nullopt;
    }
    return lowered;
}

Mirror lower_mirror(const api::RequestMirror& mirror, std::size_t backend) {
    if (mirror.fraction) {
        return {backend, mirror.fraction->numerator, mirror.fraction->denominator};
    }
    return {backend, mirror.percent.value_or(100), 100};
}

Filter lower_cors(const api::Cors& cors) {
    return CorsPolicy{
        .allow_origins = cors.allow_origins,
        .allow_credentials = cors.allow_credentials,
        .allow_methods = cors.allow_methods,
        .allow_headers = cors.allow_headers,
        .expose_headers = cors.expose_headers,
        .max_age = cors.max_age,
    };
}

ExternalAuth lower_auth(const api::ExternalAuth& auth, std::size_t backend) {
    return {.backend = backend,
            .path = auth.path,
            .request_headers = auth.allowed_headers,
            .response_headers = auth.allowed_response_headers,
            .max_body = auth.max_size};
}

/// A mirror that copies nothing, or to nowhere, is none.
bool is_idle_mirror(const graph::Filter& filter, const Place& place) {
    const auto* mirror = std::get_if<api::RequestMirror>(filter.spec);
    if (mirror == nullptr) return false;
    return !filter.mirror || filter.mirror->fails || place.bars(*filter.mirror) ||
           lower_mirror(*mirror, 0).numerator == 0;
}

Filter lower_extension(const std::shared_ptr<const graph::Extension>& extension,
                       const TlsClient& client,
                       BackendTable& backends) {
    ExtensionFilter lowered{.ns = extension->spec->meta.ns,
                            .name = extension->spec->meta.name,
                            .type = extension->spec->type,
                            .settings =
                                std::shared_ptr<const tree::Value>(extension, &extension->settings),
                            .service = {}};
    if (extension->service) lowered.service = backends.index_of(*extension->service, client);
    return lowered;
}

std::optional<Filter>
lower_filter(const graph::Filter& filter, const Place& place, BackendTable& backends) {
    using Lowered = std::optional<Filter>;
    return std::visit(
        base::Overloaded{
            [](const api::RequestHeaderModifier& modifier) -> Lowered {
                return RequestHeaders{lower_change(modifier)};
            },
            [](const api::ResponseHeaderModifier& modifier) -> Lowered {
                return ResponseHeaders{lower_change(modifier)};
            },
            [&](const api::RequestRedirect& redirect) -> Lowered {
                return lower_redirect(redirect, place);
            },
            [&](const api::UrlRewrite& rewrite) -> Lowered {
                return lower_rewrite(rewrite, place);
            },
            [&](const api::RequestMirror& mirror) -> Lowered {
                return lower_mirror(mirror, backends.index_of(*filter.mirror, place.client));
            },
            [](const api::Cors& cors) -> Lowered { return lower_cors(cors); },
            [&](const api::ExternalAuth& auth) -> Lowered {
                if (!filter.authority || place.bars(*filter.authority)) return std::nullopt;
                return lower_auth(auth, backends.index_of(*filter.authority, place.client));
            },
            [](const api::ExtensionRef&) -> Lowered { return std::nullopt; },
        },
        *filter.spec);
}

}  // namespace

std::vector<Filter>
lower_extensions(const std::vector<std::shared_ptr<const graph::Extension>>& extensions,
                 const TlsClient& client,
                 BackendTable& backends) {
    std::vector<Filter> lowered;
    lowered.reserve(extensions.size());
    for (const auto& extension : extensions)
        lowered.push_back(lower_extension(extension, client, backends));
    return lowered;
}

std::optional<std::vector<Filter>> lower_filters(const std::vector<graph::Filter>& filters,
                                                 const Place& place,
                                                 BackendTable& backends) {
    std::vector<Filter> lowered;
    lowered.reserve(filters.size());
    for (const graph::Filter& filter : filters) {
        if (is_idle_mirror(filter, place)) continue;
        if (!filter.extensions.empty()) {
            for (Filter& one : lower_extensions(filter.extensions, place.client, backends))
                lowered.push_back(std::move(one));
            continue;
        }
        std::optional<Filter> one = lower_filter(filter, place, backends);
        if (!one) return std::nullopt;
        lowered.push_back(std::move(*one));
    }
    return lowered;
}

}  // namespace gatefile::ir
