// SPDX-License-Identifier: Apache-2.0
//
// GatewayClass, Gateway and ReferenceGrant (gateway.networking.k8s.io, v1 and v1beta1) as decoded,
// with the defaults that the API server would have filled in. Field names are the API's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gatefile/api/meta.hpp"

namespace gatefile::api {

struct GatewayClass {
    Meta meta;
    std::string controller_name;
    struct ParametersRef {
        std::string group, kind, name;
        std::optional<std::string> ns;
    };
    std::optional<ParametersRef> parameters_ref;
    std::optional<std::string> description;
};

/// A label selector; empty matches everything.
struct LabelSelector {
    struct Expression {
        std::string key;
        std::string op;  ///< In, NotIn, Exists, DoesNotExist
        std::vector<std::string> values;
    };
    StringMap match_labels;
    std::vector<Expression> match_expressions;
};

enum class FromNamespaces : std::uint8_t { All, Selector, Same, None };

struct RouteNamespaces {
    FromNamespaces from = FromNamespaces::Same;
    std::optional<LabelSelector> selector;
};

struct RouteGroupKind {
    std::string group;
    std::string kind;
};

struct AllowedRoutes {
    RouteNamespaces namespaces;
    std::vector<RouteGroupKind> kinds;  ///< empty: whatever the protocol can have
};

/// A reference to a Secret or ConfigMap.
struct ObjectReference {
    std::string group;
    std::string kind;
    std::string name;
    std::optional<std::string> ns;
};

enum class TlsMode : std::uint8_t { Terminate, Passthrough };

struct ListenerTls {
    TlsMode mode = TlsMode::Terminate;
    std::vector<ObjectReference> certificate_refs;
    StringMap options;
};

struct Listener {
    std::string name;
    std::optional<std::string> hostname;
    std::uint16_t port = 0;
    std::string protocol;  ///< "HTTP", "HTTPS", "TLS", "TCP", "UDP" or domain-prefixed
    std::optional<ListenerTls> tls;
    AllowedRoutes allowed_routes;
    /// Experimental listeners[].filters: how many; nothing reads more of them yet.
    std::size_t filters = 0;
};

struct GatewayAddress {
    std::string type;  ///< "IPAddress", "Hostname", "NamedAddress" or domain-prefixed
    std::optional<std::string> value;
};

struct FrontendValidation {
    std::vector<ObjectReference> ca_certificate_refs;
    std::string mode;  ///< "AllowValidOnly" or "AllowInsecureFallback"
};

struct GatewayTls {
    std::optional<ObjectReference> backend_client_certificate;
    std::optional<FrontendValidation> frontend_default;
    struct PerPort {
        std::uint16_t port = 0;
        std::optional<FrontendValidation> validation;
    };
    std::vector<PerPort> frontend_per_port;
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
    };
    std::optional<Infrastructure> infrastructure;
    std::optional<RouteNamespaces> allowed_listeners;
    std::optional<GatewayTls> tls;
    std::optional<std::string> default_scope;  ///< experimental
};

struct ReferenceGrant {
    Meta meta;
    struct From {
        std::string group, kind, ns;
    };
    struct To {
        std::string group, kind;
        std::optional<std::string> name;
    };
    std::vector<From> from;
    std::vector<To> to;
};

}  // namespace gatefile::api
