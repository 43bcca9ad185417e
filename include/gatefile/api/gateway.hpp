// SPDX-License-Identifier: Apache-2.0
//
// GatewayClass, Gateway, ListenerSet and ReferenceGrant (gateway.networking.k8s.io) as decoded,
// with the defaults that the API server would have filled in. Field names are the API's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gatefile/api/http_filter.hpp"
#include "gatefile/api/meta.hpp"

namespace gatefile::api {

struct GatewayClass {
    Meta meta;
    std::string controller_name;
    struct ParametersRef {
        std::string group, kind, name;
        std::optional<std::string> ns;
        bool operator==(const ParametersRef&) const = default;
    };
    std::optional<ParametersRef> parameters_ref;
    std::optional<std::string> description;
    bool operator==(const GatewayClass&) const = default;
};

/// A label selector; empty matches everything.
struct LabelSelector {
    struct Expression {
        std::string key;
        std::string op;  ///< In, NotIn, Exists, DoesNotExist
        std::vector<std::string> values;
        bool operator==(const Expression&) const = default;
    };
    StringMap match_labels;
    std::vector<Expression> match_expressions;
    bool operator==(const LabelSelector&) const = default;
};

enum class FromNamespaces : std::uint8_t { All, Selector, Same, None };

struct RouteNamespaces {
    FromNamespaces from = FromNamespaces::Same;
    std::optional<LabelSelector> selector;
    bool operator==(const RouteNamespaces&) const = default;
};

struct RouteGroupKind {
    std::string group;
    std::string kind;
    bool operator==(const RouteGroupKind&) const = default;
};

struct AllowedRoutes {
    RouteNamespaces namespaces;
    std::vector<RouteGroupKind> kinds;  ///< empty: whatever the protocol can have
    bool operator==(const AllowedRoutes&) const = default;
};

/// A reference to a Secret or ConfigMap.
struct ObjectReference {
    std::string group;
    std::string kind;
    std::string name;
    std::optional<std::string> ns;
    bool operator==(const ObjectReference&) const = default;
};

enum class TlsMode : std::uint8_t { Terminate, Passthrough };

struct ListenerTls {
    TlsMode mode = TlsMode::Terminate;
    std::vector<ObjectReference> certificate_refs;
    StringMap options;
    bool operator==(const ListenerTls&) const = default;
};

struct Listener {
    std::string name;
    std::optional<std::string> hostname;
    std::uint16_t port = 0;
    std::string protocol;  ///< "HTTP", "HTTPS", "TLS", "TCP", "UDP" or domain-prefixed
    std::optional<ListenerTls> tls;
    AllowedRoutes allowed_routes;
    /// Experimental (GEP-5224): run on every request before a route is looked for. ExternalAuth and
    /// ExtensionRef only.
    std::vector<HttpFilter> filters;
    bool operator==(const Listener&) const = default;
};

struct GatewayAddress {
    std::string type;  ///< "IPAddress", "Hostname", "NamedAddress" or domain-prefixed
    std::optional<std::string> value;
    bool operator==(const GatewayAddress&) const = default;
};

struct FrontendValidation {
    std::vector<ObjectReference> ca_certificate_refs;
    std::string mode;  ///< "AllowValidOnly" or "AllowInsecureFallback"
    bool operator==(const FrontendValidation&) const = default;
};

struct GatewayTls {
    std::optional<ObjectReference> backend_client_certificate;
    std::optional<FrontendValidation> frontend_default;
    struct PerPort {
        std::uint16_t port = 0;
        std::optional<FrontendValidation> validation;
        bool operator==(const PerPort&) const = default;
    };
    std::vector<PerPort> frontend_per_port;
    bool operator==(const GatewayTls&) const = default;
};

struct Gateway {
    Meta meta;
    std::string gateway_class_name;
    std::vector<Listener> listeners;
    std::vector<GatewayAddress> addresses;
    struct Infrastructure {
        StringMap labels;
        StringMap annotations;
        std::optional<ObjectReference> parameters_ref;
        bool operator==(const Infrastructure&) const = default;
    };
    std::optional<Infrastructure> infrastructure;
    std::optional<RouteNamespaces> allowed_listeners;
    std::optional<GatewayTls> tls;
    std::optional<std::string> default_scope;  ///< experimental
    /// status.addresses: what it was given before, by us or by another.
    std::vector<GatewayAddress> held_addresses;
    bool operator==(const Gateway&) const = default;
};

/// Listeners that are added to a Gateway; `ns` of the parent is the set's own when absent.
struct ListenerSet {
    Meta meta;
    ObjectReference parent_ref;
    std::vector<Listener> listeners;
    bool operator==(const ListenerSet&) const = default;
};

struct ReferenceGrant {
    Meta meta;
    struct From {
        std::string group, kind, ns;
        bool operator==(const From&) const = default;
    };
    struct To {
        std::string group, kind;
        std::optional<std::string> name;
        bool operator==(const To&) const = default;
    };
    std::vector<From> from;
    std::vector<To> to;
    bool operator==(const ReferenceGrant&) const = default;
};

}  // namespace gatefile::api
