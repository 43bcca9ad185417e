// SPDX-License-Identifier: Apache-2.0
//
// What generated manifests have besides HTTPRoutes with filters and backends.
#include <algorithm>
#include <set>
#include <utility>

#include "words.hpp"

namespace gatefile::properties {
namespace {

// What Services of one kind are numbered from; their addresses follow from it.
constexpr std::size_t calls_begin = 400;
constexpr std::size_t streams_begin = 800;
constexpr std::size_t mirrors_begin = 1200;

constexpr std::array<int, 4> retried{500, 502, 503, 504};

bool takes_requests(const api::Listener& listener) {
    return listener.protocol == "HTTP" || listener.protocol == "HTTPS";
}

bool answers_itself(const api::HttpRouteRule& rule) {
    return std::ranges::any_of(rule.filters, [](const api::HttpFilter& filter) {
        return std::holds_alternative<api::RequestRedirect>(filter);
    });
}

/// Those of HTTPRoutes alone go.
void keep_grpc_filters(std::vector<api::HttpFilter>& filters) {
    std::erase_if(filters, [](const api::HttpFilter& filter) {
        return !std::holds_alternative<api::RequestHeaderModifier>(filter) &&
               !std::holds_alternative<api::ResponseHeaderModifier>(filter) &&
               !std::holds_alternative<api::RequestMirror>(filter);
    });
}

std::string address_of(std::size_t number, std::size_t place) {
    return "10." + std::to_string(1 + number / 200) + "." + std::to_string(number % 200) + "." +
           std::to_string(1 + place);
}

api::RequestMirror
mirror(Random& random, std::string_view ns, std::size_t number, Cluster& cluster) {
    api::RequestMirror out;
    out.backend.kind = "Service";
    out.backend.name = "m" + std::to_string(number);
    out.backend.port = 80;
    switch (random.below(5)) {
    case 0:
        out.percent = 0;
        break;
    case 1:
        out.percent = 40;
        break;
    case 2:
        out.fraction = {.numerator = random.one_in(2) ? 1 : 3, .denominator = 3};
        break;
    default:
        break;
    }
    if (random.one_in(8)) return out;
    Service service{std::string(ns), out.backend.name, address_of(number, 0)};
    if (random.one_in(8)) service.address.clear();
    cluster.services.push_back(std::move(service));
    return out;
}

api::HttpRouteRetry retry(Random& random) {
    api::HttpRouteRetry out;
    for (const int code : retried) {
        if (random.one_in(2)) out.codes.push_back(code);
    }
    out.attempts = static_cast<int>(random.below(4));
    if (random.one_in(3)) out.backoff = std::chrono::milliseconds(1);
    return out;
}

api::SessionPersistence session(Random& random) {
    api::SessionPersistence out;
    if (random.one_in(6)) {
        out.type = "Header";
        out.header_name = "X-Session";
        return out;
    }
    out.type = "Cookie";
    out.cookie.emplace().lifetime_type = random.one_in(3) ? "Permanent" : "Session";
    if (random.one_in(2)) out.cookie->name = "kept";
    if (out.cookie->lifetime_type == "Permanent") out.absolute_timeout = std::chrono::hours(1);
    return out;
}

/// The channel that has retries and sessions lets header values be printable ASCII alone.
void keep_printable_values(api::HttpRouteRule& rule) {
    for (api::HttpRouteMatch& match : rule.matches) {
        for (api::ValueMatch& header : match.headers) {
            if (header.value.starts_with('\t')) header.value = "12";
        }
    }
}

void add_extras(Random& random, Cluster& cluster) {
    std::size_t mirrors = mirrors_begin;
    for (const auto& route : cluster.routes) {
        for (api::HttpRouteRule& rule : route->rules) {
            keep_printable_values(rule);
            for (std::size_t i = random.one_in(4) ? 1 + random.below(2) : 0; i > 0; --i) {
                rule.filters.emplace_back(mirror(random, route->meta.ns, mirrors++, cluster));
            }
            if (!rule.backend_refs.empty() && random.one_in(20)) {
                rule.backend_refs.front().filters.emplace_back(
                    mirror(random, route->meta.ns, mirrors++, cluster));
            }
            if (answers_itself(rule)) continue;
            if (random.one_in(4)) rule.retry = retry(random);
            if (random.one_in(8)) rule.session_persistence = session(random);
        }
    }
}

std::string call_pattern(Random& random) {
    constexpr std::array<std::string_view, 6> patterns{"a.*", "(a|b)", "[^/]+", "pkg[.]S", ".b", "G"};
    return std::string(random.pick(patterns));
}

api::GrpcRouteMatch call_match(Random& random, const ClusterPlan& plan) {
    api::GrpcRouteMatch match;
    match.headers = value_matches(random, plan);
    const std::size_t parts = random.below(4);  // one bit for each
    if (parts == 0) return match;
    const bool exact = !random.one_in(3);
    api::GrpcMethodMatch& call = match.method.emplace();
    call.type = exact ? api::ValueMatchType::Exact : api::ValueMatchType::RegularExpression;
    if ((parts & 1U) != 0)
        call.service = exact ? std::string(random.pick(call_services)) : call_pattern(random);
    if ((parts & 2U) != 0)
        call.method = exact ? std::string(random.pick(call_methods)) : call_pattern(random);
    return match;
}

void add_tls_listeners(Random& random, const ClusterPlan& plan, api::Gateway& gateway) {
    for (std::size_t i = random.below(4); i > 0; --i) {
        std::string name = random.one_in(6) ? std::string() : hostname(random, plan);
        const bool taken = std::ranges::any_of(gateway.listeners, [&](const auto& other) {
            return other.port == ports[2].port && other.hostname.value_or("") == name;
        });
        if (taken) continue;
        api::Listener& listener = gateway.listeners.emplace_back();
        listener.name = "t" + std::to_string(i);
        listener.port = ports[2].port;
        listener.protocol = "TLS";
        if (!name.empty()) listener.hostname = std::move(name);
        listener.tls.emplace();
        if (random.one_in(2)) {
            listener.tls->mode = api::TlsMode::Passthrough;
        } else {
            listener.tls->certificate_refs.push_back(
                {"", "Secret", "c" + std::to_string(random.below(3)), {}});
        }
    }
}

/// A backend that speaks what comes: TLS where it is passed through.
void add_tls_route(Random& random, const ClusterPlan& plan, api::TlsMode mode, Cluster& cluster) {
    auto route = std::make_unique<api::TlsRoute>();
    const std::size_t number = streams_begin + cluster.tls_routes.size();
    route->kind = api::RouteKind::Tls;
    route->meta.ns = random.one_in(2) ? "a" : "b";
    route->meta.name = "t" + std::to_string(number);
    add_parents(random, cluster, *route, [&](const api::Listener& listener) {
        return listener.protocol == "TLS" && listener.tls->mode == mode;
    });
    if (route->parent_refs.empty()) return;
    std::set<std::string> hostnames;
    while (hostnames.empty() || random.one_in(2)) {
        std::string name = hostname(random, plan);
        if (!name.empty()) hostnames.insert(std::move(name));
    }
    route->hostnames.assign(hostnames.begin(), hostnames.end());
    api::StreamRule& rule = route->rules.emplace_back();
    for (std::size_t place = 0; place == 0 || (place < 3 && random.one_in(3)); ++place) {
        api::StreamBackendRef& ref = rule.backend_refs.emplace_back();
        ref.ref.kind = "Service";
        ref.ref.name = "t" + std::to_string(number) + "-" + std::to_string(place);
        ref.ref.port = 80;
        if (random.one_in(4)) ref.weight = static_cast<int>(random.below(3));
        if (random.one_in(10)) continue;
        Service service{route->meta.ns, ref.ref.name, address_of(number, place)};
        service.port = mode == api::TlsMode::Passthrough ? 13443 : 13000;
        if (random.one_in(10)) service.address.clear();
        cluster.services.push_back(std::move(service));
    }
    cluster.tls_routes.push_back(std::move(route));
}

api::FrontendValidation validation(Random& random) {
    api::FrontendValidation out;
    out.mode = random.one_in(4) ? "AllowInsecureFallback" : "AllowValidOnly";
    const auto trust = [&](std::string_view name) {
        out.ca_certificate_refs.push_back({"", "ConfigMap", "ca-" + std::string(name), {}});
    };
    if (random.one_in(10)) {
        trust("missing");
        return out;
    }
    trust(random.one_in(3) ? "two" : "one");
    if (random.one_in(4)) trust("two");
    return out;
}

void add_validation(Random& random, api::Gateway& gateway) {
    api::GatewayTls& tls = gateway.tls.emplace();
    tls.frontend_default = validation(random);
    if (random.one_in(3)) {
        tls.frontend_per_port.push_back({.port = ports[2].port, .validation = {}});
        if (!random.one_in(3)) tls.frontend_per_port.back().validation = validation(random);
    }
}

void add_listener_filters(Random& random, api::Gateway& gateway) {
    constexpr std::array<std::string_view, 9> middlewares{
        "mark", "change", "prefix", "strip", "change", "prefix", "strip", "deny", "missing"};
    for (api::Listener& listener : gateway.listeners) {
        if (!takes_requests(listener) || !random.one_in(3)) continue;
        for (std::size_t i = 1 + random.below(2); i > 0; --i) {
            listener.filters.emplace_back(api::ExtensionRef{
                "traefik.io", "Middleware", std::string(random.pick(middlewares))});
        }
    }
}

void add_grpc_route(Random& random, const ClusterPlan& plan, Cluster& cluster) {
    auto route = std::make_unique<api::GrpcRoute>();
    const std::size_t number = cluster.grpc_routes.size();
    route->kind = api::RouteKind::Grpc;
    route->meta.ns = random.one_in(2) ? "a" : "b";
    route->meta.name = "g" + std::to_string(number);
    if (random.one_in(2))
        route->meta.created = base::Timestamp{static_cast<std::int64_t>(random.below(3))};
    for (std::size_t i = random.below(3); i > 0; --i) {
        std::string name = hostname(random, plan);
        if (!name.empty()) route->hostnames.push_back(std::move(name));
    }
    route->rules.resize(1 + random.below(3));
    for (std::size_t r = 0; r < route->rules.size(); ++r) {
        api::GrpcRouteRule& rule = route->rules[r];
        for (std::size_t i = random.below(3); i > 0; --i)
            rule.matches.push_back(call_match(random, plan));
        rule.filters = changes(random, 4, false);
        const std::size_t place = calls_begin + number * 4 + r;
        const std::size_t before = cluster.services.size();
        for (std::size_t i = random.one_in(3) ? random.below(3) : 1; i > 0; --i)
            add_backend(random, route->meta.ns, place, i, rule.backend_refs, cluster);
        // Calls go over HTTP/2, whatever the Service says of itself.
        for (std::size_t i = before; i < cluster.services.size(); ++i)
            cluster.services[i].port = 13001;
        keep_grpc_filters(rule.filters);
        for (api::HttpBackendRef& ref : rule.backend_refs)
            keep_grpc_filters(ref.filters);
    }
    add_parents(random, cluster, *route, takes_requests);
    cluster.grpc_routes.push_back(std::move(route));
}

void add_streams(Random& random, const ClusterPlan& plan, Cluster& cluster) {
    for (const auto& gateway : cluster.gateways)
        add_tls_listeners(random, plan, *gateway);
    for (std::size_t i = 1 + random.below(5); i > 0; --i) {
        const bool passes = random.one_in(2);
        add_tls_route(random,
                      plan,
                      passes ? api::TlsMode::Passthrough : api::TlsMode::Terminate,
                      cluster);
    }
}

}  // namespace

void add_more(Random& random, const ClusterPlan& plan, Cluster& cluster) {
    if (plan.grpc) {
        for (std::size_t i = 1 + random.below(5); i > 0; --i)
            add_grpc_route(random, plan, cluster);
    }
    if (plan.rule_extras) add_extras(random, cluster);
    for (const auto& gateway : cluster.gateways) {
        if (plan.client_validation && !random.one_in(3)) add_validation(random, *gateway);
        if (plan.listener_filters) add_listener_filters(random, *gateway);
    }
    if (plan.streams) add_streams(random, plan, cluster);
}

}  // namespace gatefile::properties
