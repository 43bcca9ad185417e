// SPDX-License-Identifier: Apache-2.0
#include "gatefile/traefik/origin.hpp"

#include <string>

#include "gatefile/base/strings.hpp"

namespace gatefile::traefik {

namespace {

/// Objects' names need no escapes; what has one, or was cut, is none.
bool is_object_name(std::string_view part) {
    return !part.empty() && part.find('~') == std::string_view::npos;
}

}  // namespace

std::optional<NameOrigin> origin_of(std::string_view name) {
    const auto parts = base::split(name, '_');
    if (parts.size() < 4 || !is_object_name(parts[1]) || !is_object_name(parts[2])) {
        return std::nullopt;
    }
    NameOrigin origin{
        .object = {.kind = {}, .ns = std::string(parts[1]), .name = std::string(parts[2])},
        .rule = {}};
    if (parts[0] == "service") {
        origin.object.kind = "Service";
        return origin;
    }
    const bool is_grpc = parts[0] == "grpcroute";
    if ((parts[0] != "httproute" && !is_grpc) || !parts[3].starts_with('r')) return std::nullopt;
    const auto rule = base::parse_int(parts[3].substr(1));
    if (!rule || *rule < 0) return std::nullopt;
    origin.object.kind = is_grpc ? "GRPCRoute" : "HTTPRoute";
    origin.rule = static_cast<std::size_t>(*rule);
    return origin;
}

}  // namespace gatefile::traefik
