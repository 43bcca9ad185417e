// SPDX-License-Identifier: Apache-2.0
#include "gatefile/traefik/origin.hpp"

#include <algorithm>
#include <iterator>
#include <string>

#include "gatefile/base/strings.hpp"
#include "names.hpp"

namespace gatefile::traefik {

namespace {

struct RouteKind {
    std::string_view part;
    std::string_view kind;
};
constexpr RouteKind route_kinds[] = {{"httproute", "HTTPRoute"},
                                     {"grpcroute", "GRPCRoute"},
                                     {"tlsroute", "TLSRoute"},
                                     {"tcproute", "TCPRoute"},
                                     {"udproute", "UDPRoute"}};

/// Objects' names need no escapes; what has one, or was cut, is none.
bool is_object_name(std::string_view part) {
    return !part.empty() && part.find('~') == std::string_view::npos;
}

}  // namespace

std::optional<NameOrigin> origin_of(std::string_view name) {
    for (const std::string_view rank : {first_of_names, last_of_names}) {
        if (name.starts_with(rank)) name.remove_prefix(rank.size());
    }
    const auto parts = base::split(name, '_');
    const bool is_middleware = parts.size() == 3 && parts[0] == "middleware";
    const bool is_long = parts.size() >= 4 || is_middleware;
    if (!is_long || !is_object_name(parts[1]) || !is_object_name(parts[2])) return std::nullopt;
    NameOrigin origin{
        .object = {.kind = {}, .ns = std::string(parts[1]), .name = std::string(parts[2])},
        .rule = {}};
    if (is_middleware) {
        origin.object.kind = "Middleware";
        return origin;
    }
    if (parts[0] == "service") {
        origin.object.kind = "Service";
        return origin;
    }
    const auto kind = std::ranges::find(route_kinds, parts[0], &RouteKind::part);
    if (kind == std::end(route_kinds) || !parts[3].starts_with('r')) return std::nullopt;
    const auto rule = base::parse_int(parts[3].substr(1));
    if (!rule || *rule < 0) return std::nullopt;
    origin.object.kind = kind->kind;
    origin.rule = static_cast<std::size_t>(*rule);
    return origin;
}

namespace {

/// What stays of a name that is cut, whatever stood behind.
constexpr std::size_t kept_of_names = 166;

std::optional<NameOrigin> rule_of(std::string_view name, const ir::Config& config) {
    for (const ir::Rule& rule : config.rules) {
        const ir::RouteId& route = config.routes[rule.route];
        if (name == rule_name(route, rule))
            return NameOrigin{.object = {route.kind, route.ns, route.name}, .rule = rule.index};
    }
    return std::nullopt;
}

/// The one route whose names begin like this.
std::optional<NameOrigin> route_of(std::string_view name, const ir::Config& config) {
    const ir::RouteId* found = nullptr;
    for (const ir::Rule& rule : config.rules) {
        const ir::RouteId& route = config.routes[rule.route];
        if (!name.starts_with(rule_name(route, rule).substr(0, kept_of_names))) continue;
        if (found != nullptr && *found != route) return std::nullopt;
        found = &route;
    }
    if (found == nullptr) return std::nullopt;
    return NameOrigin{.object = {found->kind, found->ns, found->name}, .rule = {}};
}

}  // namespace

std::optional<NameOrigin>
origin_of(std::string_view name, const ir::Config& config, const Dynamic& dynamic) {
    if (auto origin = origin_of(name)) return origin;
    if (auto origin = rule_of(name, config)) return origin;
    const auto router = std::ranges::find(dynamic.routers, name, &Router::name);
    if (router != dynamic.routers.end()) {
        // The service is the rule's, or, of a rule with one backend, the Service's.
        if (auto origin = rule_of(router->service, config)) return origin;
        if (const auto origin = origin_of(router->service); origin && origin->rule) return origin;
    }
    if (name.find("~~") == std::string_view::npos) return std::nullopt;
    return route_of(name, config);
}

}  // namespace gatefile::traefik
