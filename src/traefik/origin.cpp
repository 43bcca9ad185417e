// SPDX-License-Identifier: Apache-2.0
#include "gatefile/traefik/origin.hpp"

#include <algorithm>
#include <iterator>
#include <string>

#include "cut_names.hpp"
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

std::optional<NameOrigin>
origin_of(std::string_view name, const ir::Config& config, const Dynamic& dynamic) {
    if (auto origin = origin_of(name)) return origin;
    return name.find("~~") == std::string_view::npos ? std::nullopt
                                                     : origin_of_cut(name, config, dynamic);
}

}  // namespace gatefile::traefik
