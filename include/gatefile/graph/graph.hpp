// SPDX-License-Identifier: Apache-2.0
//
// The objects of a Snapshot with every reference resolved and every judgement made: who is
// accepted, what attaches where, which backend answers. Invalid things stay in, marked, so that
// status and output are two readings of the same facts. Immutable once built; pointers go into the
// Snapshot, which is kept alive here. Sorted by namespace and name throughout.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gatefile/api/snapshot.hpp"
#include "gatefile/graph/capabilities.hpp"

namespace gatefile::graph {

/// What a ConfigMap that parametersRef names says of a Gateway's infrastructure.
struct Parameters {
    std::optional<std::string> slot;          ///< the name of the slot that the Gateway gets
    std::optional<std::string> service_type;  ///< of the Gateway's Service; a class's alone
};

struct GatewayClass {
    const api::GatewayClass* spec = nullptr;
    bool accepted = false;
    std::optional<diag::ObjectRef> absent;  ///< what it is not accepted without
    Parameters parameters;
};

/// Tcp and Udp: bytes, whatever they mean.
enum class BackendProtocol : std::uint8_t { Http, H2c, Https, Tcp, Udp };

struct Endpoint {
    std::string host;  ///< IP address without brackets, or a DNS name
    std::uint16_t port = 0;
    int weight = 1;            ///< beside the others of its backend
    std::string cluster = {};  ///< that it is in; empty where there is only one
    auto operator<=>(const Endpoint&) const = default;
};

/// How a backend is reached over TLS: what a valid BackendTLSPolicy demands.
struct BackendTls {
    std::string policy;              ///< "ns/name"
    std::string server_name;         ///< SNI, and what its certificate must be for unless `uri` is
    std::string ca_pem;              ///< empty: what the system trusts
    std::optional<std::string> uri;  ///< a name in its certificate, in place of the server name
    api::StringMap options;          ///< known keys and good values only
};

struct Composite;

/// Where a backendRef leads. `fails` requests get 500; a backend without endpoints gets 503.
struct Backend {
    bool fails = false;
    std::string ns;
    std::string name;
    std::uint16_t port = 0;
    BackendProtocol protocol = BackendProtocol::Http;
    std::vector<Endpoint> endpoints;        ///< sorted, unique
    std::shared_ptr<const BackendTls> tls;  ///< one object per policy; null: no policy asks for it
    /// Of what is passed on as bytes: a policy asks for TLS that cannot be had.
    bool tls_fails = false;
    /// Leads to a TraefikService, never one that fails: no port, no endpoints, and the protocol is
    /// Https when one of its parts is reached over TLS.
    std::shared_ptr<const Composite> composite = nullptr;
    bool in_clusters = false;  ///< looked for in several clusters, in whichever it has endpoints
};

/// A Middleware with what it refers to in it.
struct Extension {
    const api::Middleware* spec = nullptr;
    tree::Value settings;
    std::optional<Backend> service;  ///< never one that fails
};

/// A TraefikService with what it refers to in it.
struct Composite {
    const api::TraefikService* spec = nullptr;
    struct Part {
        const api::TraefikService::Ref* spec = nullptr;
        Backend backend;
        std::vector<std::shared_ptr<const Extension>> middlewares;  ///< in this order
    };
    std::vector<Part> parts;  ///< as `refs` of the spec
};

/// A filter that passed the checks; `fails` (a mirror without a usable backend) is left out of what
/// is served, an unfiltered backend never is.
struct Filter {
    const api::HttpFilter* spec = nullptr;
    std::optional<Backend> mirror;     ///< for RequestMirror
    std::optional<Backend> authority;  ///< for ExternalAuth; never one that fails
    /// For ExtensionRef: what runs, in this order.
    std::vector<std::shared_ptr<const Extension>> extensions;
};

enum class Protocol : std::uint8_t { Http, Https, Tls, Tcp, Udp, Unsupported };

/// What a client has to show to a listener (GatewayTLSConfig.frontend).
struct ClientValidation {
    std::string ca_pem;              ///< all certificates, one after the other
    bool insecure_fallback = false;  ///< asked for, and whatever is shown is taken
    bool operator==(const ClientValidation&) const = default;
};

struct Listener {
    const api::Listener* spec = nullptr;
    std::size_t index = 0;                  ///< in Gateway::listeners
    const api::ListenerSet* set = nullptr;  ///< that it is of; null: of the Gateway itself
    std::size_t spec_index = 0;             ///< in spec.listeners of the Gateway or set
    Protocol protocol = Protocol::Unsupported;
    std::string hostname;  ///< lower case; empty: any
    bool accepted = false;
    bool resolved_refs = false;
    bool conflicted = false;
    /// Accepted, not conflicted, with an entry point and (for HTTPS) at least one certificate or a
    /// certificate resolver; its Gateway is accepted and has a slot. Also what is not accepted for
    /// its filters alone, and answers errors.
    bool serves = false;
    /// Clients of it cannot be verified, or it has filters and no certificate, so that TLS has to
    /// fail for its hostname.
    bool closes = false;
    std::string entry_point;
    std::vector<api::RouteGroupKind> supported_kinds;
    std::vector<const api::Secret*> certificates;  ///< usable ones, in order of certificateRefs
    /// tls.options names a certificate resolver ("gatefile.dev/cert-resolver"), known to be fit.
    bool has_resolver = false;
    bool passthrough = false;  ///< protocol TLS: what is encrypted goes on as it is
    std::optional<ClientValidation> client_validation;
    std::vector<Filter> filters;  ///< run on every request, in this order
    /// One of the filters cannot be run; none may be skipped, so every request gets 500.
    bool filters_fail = false;
    /// Other HTTPS listeners of the Gateway on the same port whose hostnames overlap with this one.
    std::vector<std::size_t> tls_overlaps;
    /// Routes that are accepted here, whether the listener serves or not.
    std::size_t attached_routes = 0;
};

struct Gateway {
    const api::Gateway* spec = nullptr;
    bool accepted = false;
    Parameters parameters;            ///< its class's, and what that leaves open its own
    bool slot_is_of_class = false;    ///< the class has chosen the slot
    std::optional<std::size_t> slot;  ///< in Capabilities::slots
    std::vector<std::string> addresses;
    /// Its own, then those of its ListenerSets in the order of their precedence.
    std::vector<Listener> listeners;
    /// What it shows to backends that are reached over TLS (GatewayTLSConfig.backend).
    const api::Secret* client_certificate = nullptr;
    /// It should show one and has none that can be used: requests to such backends fail.
    bool lacks_client_certificate = false;
    bool insecure_frontend = false;          ///< client certificates of some port are not verified
    std::size_t attached_listener_sets = 0;  ///< those that are accepted
};

/// A set that names a Gateway of ours.
struct ListenerSet {
    const api::ListenerSet* spec = nullptr;
    std::size_t gateway = 0;         ///< in Graph::gateways
    bool allowed = false;            ///< by the Gateway; else it has no listeners there
    std::size_t first_listener = 0;  ///< in Gateway::listeners; as many as it has follow
    bool accepted = false;           ///< it and the Gateway are, and at least one listener is good
};

/// The Gateway or ListenerSet that has the listener in its spec.
diag::ObjectRef owner_of(const Gateway& gateway, const Listener& listener);
const api::Meta& owner_meta(const Gateway& gateway, const Listener& listener);

/// A hostname that a route has on a listener.
struct EffectiveHostname {
    std::string hostname;  ///< intersection; empty: any
    std::string written;   ///< the hostname as written in the route that led to it; empty: none
};

/// A route's place on one listener.
struct Attachment {
    std::size_t gateway = 0;   ///< in Graph::gateways
    std::size_t listener = 0;  ///< in Gateway::listeners
    std::vector<EffectiveHostname> hostnames;
};

/// One parentRef that names a Gateway of ours, or a ListenerSet of one.
struct Parent {
    std::size_t index = 0;           ///< in spec.parentRefs
    std::size_t gateway = 0;         ///< in Graph::gateways
    std::optional<std::size_t> set;  ///< in Graph::listener_sets
    bool accepted = false;
    std::vector<Attachment> attachments;
};

struct BackendRef {
    const api::HttpBackendRef* spec = nullptr;
    Backend backend;  ///< `fails` also when one of the filters cannot be served
    std::vector<Filter> filters;
};

/// How much of a rule or route can be served as far as its own fields go. References that lead
/// nowhere do not count: they are told in ResolvedRefs.
enum class Standing : std::uint8_t { Whole, Partial, Refused };

struct Rule {
    const api::HttpRouteRule* spec = nullptr;
    /// Of a GRPCRoute, whose matches are here and not in `spec`; else null.
    const api::GrpcRouteRule* grpc = nullptr;
    std::size_t index = 0;
    /// False: matches of this rule answer 500, whatever its backends (a filter or field of it
    /// cannot be served).
    bool valid = true;
    Standing standing = Standing::Whole;
    /// Per spec match: false when it cannot be expressed at all (an invalid regular expression), so
    /// that it never matches.
    std::vector<bool> match_valid;
    std::vector<Filter> filters;
    std::vector<BackendRef> backends;
};

/// An HTTPRoute, or a GRPCRoute: what the two have in common is in the words of an HTTPRoute.
struct Route {
    const api::HttpRoute* spec = nullptr;
    std::shared_ptr<const api::HttpRoute> translated;  ///< owns `spec` of a GRPCRoute
    std::vector<Parent> parents;
    std::vector<Rule> rules;
    Standing standing = Standing::Whole;  ///< Refused when all rules are
};

struct StreamBackendRef {
    const api::StreamBackendRef* spec = nullptr;
    Backend backend;
};

/// A TLSRoute, TCPRoute or UDPRoute: one rule, no filters.
struct StreamRoute {
    const api::StreamRoute* spec = nullptr;
    std::vector<Parent> parents;
    std::vector<StreamBackendRef> backends;
    Standing standing = Standing::Whole;
};

/// A policy with a target that routes of ours lead to.
struct BackendTlsPolicy {
    const api::BackendTlsPolicy* spec = nullptr;
    std::vector<std::size_t> gateways;  ///< in Graph::gateways: of these routes, sorted, never none
};

struct Graph {
    std::shared_ptr<const api::Snapshot> snapshot;
    Capabilities capabilities;
    std::vector<GatewayClass> classes;  ///< those of our controller and selection
    std::vector<Gateway> gateways;      ///< those of our classes and selection
    std::vector<ListenerSet> listener_sets;
    /// Those with a Parent of ours: first GRPCRoutes, then HTTPRoutes.
    std::vector<Route> routes;
    std::vector<StreamRoute> tls_routes;
    std::vector<StreamRoute> tcp_routes;
    std::vector<StreamRoute> udp_routes;
    std::vector<BackendTlsPolicy> policies;
};

}  // namespace gatefile::graph
