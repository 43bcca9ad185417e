// SPDX-License-Identifier: Apache-2.0
#include "lower_http.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <string_view>
#include <tuple>
#include <utility>

#include "gatefile/base/strings.hpp"
#include "path_form.hpp"

namespace gatefile::ir {
namespace {

PathMatch lower_path_match(const api::PathMatch& path) {
    switch (path.type) {
    case api::PathMatchType::Exact:
        return {PathKind::Exact, comparable_path(path.value)};
    case api::PathMatchType::PathPrefix: {
        const std::string comparable = comparable_path(path.value);
        return {PathKind::Prefix, std::string(comparable_prefix(comparable))};
    }
    case api::PathMatchType::RegularExpression:
        return {PathKind::Regex, path.value};
    }
    return {};
}

ValueMatch lower_value_match(const api::ValueMatch& match) {
    const ValueKind kind =
        match.type == api::ValueMatchType::Exact ? ValueKind::Exact : ValueKind::Regex;
    return {kind, match.name, match.value};
}

/// `name_of` gives the spelling in which names are compared.
template <typename NameOf>
std::vector<ValueMatch> lower_value_matches(const std::vector<api::ValueMatch>& matches,
                                            NameOf name_of) {
    std::vector<ValueMatch> lowered;
    lowered.reserve(matches.size());
    for (const api::ValueMatch& match : matches) {
        const bool repeated = std::ranges::any_of(lowered, [&](const ValueMatch& earlier) {
            return name_of(earlier) == name_of(lower_value_match(match));
        });
        if (!repeated) lowered.push_back(lower_value_match(match));
    }
    std::ranges::sort(lowered, {}, name_of);
    return lowered;
}

bool redirects_by_arrival(const std::vector<graph::Filter>& filters) {
    return std::ranges::any_of(filters, [](const graph::Filter& filter) {
        const auto* redirect = std::get_if<api::RequestRedirect>(filter.spec);
        return redirect != nullptr && !redirect->scheme;
    });
}

bool uses_tls(const graph::Backend& backend) {
    return !backend.fails && backend.protocol == graph::BackendProtocol::Https;
}

bool filters_use_tls(const std::vector<graph::Filter>& filters) {
    return std::ranges::any_of(filters, [](const graph::Filter& filter) {
        return (filter.mirror && uses_tls(*filter.mirror)) ||
               (filter.authority && uses_tls(*filter.authority));
    });
}

bool replaces_prefix(const std::vector<graph::Filter>& filters) {
    const auto is_prefix = [](const std::optional<api::PathModifier>& path) {
        return path && path->type == api::PathModifierType::ReplacePrefixMatch;
    };
    return std::ranges::any_of(filters, [&](const graph::Filter& filter) {
        const auto* redirect = std::get_if<api::RequestRedirect>(filter.spec);
        const auto* rewrite = std::get_if<api::UrlRewrite>(filter.spec);
        return (redirect != nullptr && is_prefix(redirect->path)) ||
               (rewrite != nullptr && is_prefix(rewrite->path));
    });
}

BackendProtocol lower_protocol(graph::BackendProtocol protocol) {
    switch (protocol) {
    case graph::BackendProtocol::Http:
        return BackendProtocol::Http;
    case graph::BackendProtocol::H2c:
        return BackendProtocol::H2c;
    case graph::BackendProtocol::Https:
        return BackendProtocol::Https;
    case graph::BackendProtocol::Tcp:
        return BackendProtocol::Tcp;
    case graph::BackendProtocol::Udp:
        return BackendProtocol::Udp;
    }
    return BackendProtocol::Http;
}

CompositeKind lower_kind(api::TraefikService::Type type) {
    switch (type) {
    case api::TraefikService::Type::Weighted:
        return CompositeKind::Weighted;
    case api::TraefikService::Type::HighestRandomWeight:
        return CompositeKind::HighestRandomWeight;
    case api::TraefikService::Type::Mirroring:
        return CompositeKind::Mirroring;
    case api::TraefikService::Type::Failover:
        return CompositeKind::Failover;
    }
    return CompositeKind::Weighted;
}

std::shared_ptr<const tree::Value> copy_of(const tree::Value& settings) {
    return std::make_shared<const tree::Value>(settings);
}

std::optional<std::chrono::milliseconds>
positive(const std::optional<std::chrono::milliseconds>& duration) {
    return duration && duration->count() > 0 ? duration : std::nullopt;
}

std::optional<Retry> lower_retry(const std::optional<api::HttpRouteRetry>& retry) {
    if (!retry || retry->attempts <= 0) return std::nullopt;
    return Retry{retry->attempts, retry->codes, positive(retry->backoff)};
}

std::optional<Stickiness>
lower_stickiness(const std::optional<api::SessionPersistence>& persistence) {
    if (!persistence || persistence->type == "Header") return std::nullopt;
    Stickiness stickiness;
    if (persistence->cookie) {
        stickiness.cookie = persistence->cookie->name;
        stickiness.path = persistence->cookie->path;
        if (persistence->cookie->lifetime_type == "Permanent") {
            stickiness.max_age = positive(persistence->absolute_timeout);
        }
    }
    return stickiness;
}

/// GRPCRouteRule.backendRefs wants UNAVAILABLE.
Fail failure_of(const graph::Rule& rule) {
    return rule.grpc ? Fail{503} : Fail{};
}

Action lower_pool(const graph::Rule& rule, const Place& place, BackendTable& backends) {
    Forward forward;
    bool any_lives = false;
    for (std::size_t i = 0; i < rule.backends.size(); ++i) {
        const graph::BackendRef& ref = rule.backends[i];
        if (ref.spec->weight <= 0) continue;
        Member& member = forward.members.emplace_back();
        member.weight = ref.spec->weight;
        member.ref = i;
        member.fail = failure_of(rule);
        if (ref.backend.fails || place.bars(ref.backend)) continue;
        std::optional<std::vector<Filter>> filters = lower_filters(ref.filters, place, backends);
        if (!filters) continue;
        member.filters = std::move(*filters);
        member.backend = backends.index_of(ref.backend, place.client);
        any_lives = true;
    }
    if (!any_lives) return failure_of(rule);
    return forward;
}

}  // namespace

std::vector<ValueMatch> lower_headers(const std::vector<api::ValueMatch>& headers) {
    return lower_value_matches(
        headers, [](const ValueMatch& header) { return base::to_lower(header.name); });
}

Match lower_match(const api::HttpRouteMatch& match) {
    return {
        .path = lower_path_match(match.path),
        .headers = lower_headers(match.headers),
        .query = lower_value_matches(match.query_params,
                                     [](const ValueMatch& parameter) { return parameter.name; }),
        .method = match.method,
    };
}

Dependence dependence(const graph::Rule& rule) {
    Dependence found{
        .on_arrival = redirects_by_arrival(rule.filters),
        .on_match = replaces_prefix(rule.filters),
        .on_client = filters_use_tls(rule.filters),
    };
    for (const graph::BackendRef& ref : rule.backends) {
        found.on_arrival = found.on_arrival || redirects_by_arrival(ref.filters);
        found.on_match = found.on_match || replaces_prefix(ref.filters);
        found.on_client = found.on_client || uses_tls(ref.backend) || filters_use_tls(ref.filters);
    }
    found.on_match = found.on_match && rule.spec->matches.size() > 1;
    return found;
}

std::size_t BackendTable::Hash::operator()(const Key& key) const {
    const std::hash<std::string_view> hash;
    return (hash(key.backend->name) * 31 + hash(key.backend->ns)) * 31 + key.backend->port;
}

bool BackendTable::Equal::operator()(const Key& left, const Key& right) const {
    const graph::Backend& a = *left.backend;
    const graph::Backend& b = *right.backend;
    return left.certificate == right.certificate &&
           std::tie(a.port, a.protocol, a.tls, a.composite, a.name, a.ns, a.endpoints) ==
               std::tie(b.port, b.protocol, b.tls, b.composite, b.name, b.ns, b.endpoints);
}

std::optional<std::size_t> BackendTable::tls_of(const graph::BackendTls* policy,
                                                const Certificate& certificate) {
    if (policy == nullptr && !certificate) return std::nullopt;
    const auto [at, is_new] = tls_.try_emplace({policy, certificate}, config_.backend_tls.size());
    if (is_new) {
        BackendTls& lowered = config_.backend_tls.emplace_back();
        lowered.client_certificate = certificate;
        if (policy != nullptr) {
            lowered.id = policy->policy;
            lowered.server_name = policy->server_name;
            lowered.ca_pem = policy->ca_pem;
            lowered.uri = policy->uri;
            lowered.options = policy->options;
        }
    }
    return at->second;
}

std::size_t BackendTable::index_without_tls(const graph::Backend& backend) {
    if (!backend.tls) return index_of(backend, {});
    graph::Backend& stripped = stripped_.emplace_back(backend);
    stripped.tls.reset();
    return index_of(stripped, {});
}

/// The parts go first, so that they are never behind what they are parts of.
std::size_t BackendTable::add_composite(const graph::Composite& composite,
                                        const TlsClient& client) {
    Composite lowered{.kind = lower_kind(composite.spec->type),
                      .settings = copy_of(composite.spec->settings),
                      .parts = {}};
    const bool mirrors = lowered.kind == CompositeKind::Mirroring;
    for (const graph::Composite::Part& part : composite.parts) {
        Composite::Part& made = lowered.parts.emplace_back();
        made.backend = index_of(part.backend, client);
        made.share = mirrors ? part.spec->percent : part.spec->weight;
        made.filters = lower_extensions(part.middlewares, client, *this);
        made.settings = copy_of(part.spec->balancer);
    }
    config_.composites.push_back(std::move(lowered));
    return config_.composites.size() - 1;
}

std::size_t BackendTable::index_of(const graph::Backend& backend, const TlsClient& client) {
    const bool is_tls = backend.tls || backend.protocol == graph::BackendProtocol::Https;
    const Certificate certificate = is_tls ? client.certificate : std::nullopt;
    const Key key{&backend, certificate};
    if (const auto known = indices_.find(key); known != indices_.end()) return known->second;
    std::optional<std::size_t> composite;
    if (backend.composite) composite = add_composite(*backend.composite, client);
    const auto [at, is_new] = indices_.try_emplace(key, config_.backends.size());
    if (is_new) {
        Backend& lowered = config_.backends.emplace_back();
        lowered.composite = composite;
        lowered.tls = tls_of(backend.tls.get(), certificate);
        lowered.ns = backend.ns;
        lowered.name = backend.name;
        lowered.port = backend.port;
        lowered.protocol = lower_protocol(backend.protocol);
        lowered.in_clusters = backend.in_clusters;
        lowered.endpoints.reserve(backend.endpoints.size());
        for (const graph::Endpoint& endpoint : backend.endpoints) {
            lowered.endpoints.push_back(
                {endpoint.host, endpoint.port, endpoint.weight, endpoint.cluster});
        }
    }
    return at->second;
}

/// An extension may be a redirect or ask who is there before anything is said of backends, of which
/// the rule has none by intent.
bool may_answer(const graph::Rule& rule, const std::vector<Filter>& filters) {
    return rule.backends.empty() && std::ranges::any_of(filters, [](const Filter& filter) {
               return std::holds_alternative<ExtensionFilter>(filter);
           });
}

Rule lower_rule(const graph::Rule& rule, const Place& place, BackendTable& backends) {
    Rule lowered;
    lowered.index = rule.index;
    lowered.action = failure_of(rule);
    if (!rule.valid) return lowered;
    std::optional<std::vector<Filter>> filters = lower_filters(rule.filters, place, backends);
    if (!filters) return lowered;

    const bool redirects = std::ranges::any_of(
        *filters, [](const Filter& filter) { return std::holds_alternative<Redirect>(filter); });
    if (redirects) {
        lowered.action = Answer{};
        lowered.filters = std::move(*filters);
        return lowered;
    }
    lowered.action = lower_pool(rule, place, backends);
    if (std::holds_alternative<Fail>(lowered.action)) {
        if (!may_answer(rule, *filters)) return lowered;
        lowered.action = Forward{{Member{.fail = failure_of(rule)}}};
    }

    lowered.filters = std::move(*filters);
    if (rule.spec->timeouts) {
        lowered.request_timeout = positive(rule.spec->timeouts->request);
        lowered.backend_timeout = positive(rule.spec->timeouts->backend_request);
    }
    lowered.retry = lower_retry(rule.spec->retry);
    lowered.stickiness = lower_stickiness(rule.spec->session_persistence);
    return lowered;
}

}  // namespace gatefile::ir
