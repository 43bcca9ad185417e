// SPDX-License-Identifier: Apache-2.0
//
// What the five kinds of routes have in common, and the three that carry bytes: TLSRoute, TCPRoute
// and UDPRoute (gateway.networking.k8s.io, v1), defaults filled in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/api/meta.hpp"

namespace gatefile::api {

struct ParentRef {
    std::string group;
    std::string kind;
    std::optional<std::string> ns;
    std::string name;
    std::optional<std::string> section_name;
    std::optional<std::uint16_t> port;
    bool operator==(const ParentRef&) const = default;
};

struct BackendObjectReference {
    std::string group;
    std::string kind;
    std::string name;
    std::optional<std::string> ns;
    std::optional<std::uint16_t> port;
    bool operator==(const BackendObjectReference&) const = default;
};

enum class RouteKind : std::uint8_t { Http, Grpc, Tls, Tcp, Udp };

/// The API's word: "HTTPRoute".
std::string_view name_of(RouteKind kind);

struct Route {
    RouteKind kind = RouteKind::Http;
    Meta meta;
    std::vector<ParentRef> parent_refs;
    std::vector<std::string> hostnames;               ///< none in TCPRoute and UDPRoute
    std::optional<std::string> use_default_gateways;  ///< experimental
    bool operator==(const Route&) const = default;
};

struct StreamBackendRef {
    BackendObjectReference ref;
    int weight = 1;
    bool operator==(const StreamBackendRef&) const = default;
};

struct StreamRule {
    std::optional<std::string> name;
    std::vector<StreamBackendRef> backend_refs;
    bool operator==(const StreamRule&) const = default;
};

/// A route without filters or matches but the hostname.
struct StreamRoute : Route {
    std::vector<StreamRule> rules;
    bool operator==(const StreamRoute&) const = default;
};
struct TlsRoute : StreamRoute {};
struct TcpRoute : StreamRoute {};
struct UdpRoute : StreamRoute {};

}  // namespace gatefile::api
