// SPDX-License-Identifier: Apache-2.0
//
// Traefik's dynamic configuration as far as we write it (v3.7). Closed variants; the encoder knows
// every field's spelling, both formats' defaults, and nothing of where it came from. Every vector
// is sorted by name.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gatefile/base/secret_bytes.hpp"
#include "gatefile/ir/ir.hpp"
#include "gatefile/tree/value.hpp"

namespace gatefile::traefik {

struct RouterTls {
    std::string options;        ///< empty: the default options
    std::string cert_resolver;  ///< empty: none
};

struct Router {
    std::string name;
    std::string rule;  ///< made by rule.hpp only, so everything in it is quoted
    std::int64_t priority = 0;
    std::vector<std::string> entry_points;  ///< roots only
    std::vector<std::string> parents;       ///< children only: parentRefs
    std::string service;                    ///< empty: a node whose children serve
    std::vector<std::string> middlewares;
    std::optional<RouterTls> tls;  ///< roots only
};

struct HeaderPair {
    std::string name;
    std::string value;
};

/// Both formats: custom headers, set or removed (empty value), and CORS.
struct HeadersMiddleware {
    std::vector<HeaderPair> request;
    std::vector<HeaderPair> response;
    std::optional<bool> allow_credentials;
    std::vector<std::string> allow_origins;          ///< literal, or "*"
    std::vector<std::string> allow_origin_patterns;  ///< Go regular expressions, anchored
    std::vector<std::string> allow_methods;
    std::vector<std::string> allow_headers;
    std::vector<std::string> expose_headers;
    std::optional<int> max_age;
    bool add_vary = false;
};
/// Plugin (JSON) only.
struct HeaderModifierMiddleware {
    bool response = false;
    std::vector<HeaderPair> set;
    std::vector<HeaderPair> add;
    std::vector<std::string> remove;
};
/// Plugin (JSON) only.
struct RequestRedirectMiddleware {
    std::optional<std::string> scheme;
    std::optional<std::string> hostname;
    std::optional<std::string> port;
    std::optional<std::string> path;         ///< replace all
    std::optional<std::string> path_prefix;  ///< replace this prefix by `path`
    int status = 302;
};
/// Plugin (JSON) only.
struct UrlRewriteMiddleware {
    std::optional<std::string> hostname;
    std::optional<std::string> path;
    std::optional<std::string> path_prefix;
};
struct RedirectRegexMiddleware {
    std::string regex;
    std::string replacement;
    bool permanent = false;
};
struct ReplacePathMiddleware {
    std::string path;
};
struct ReplacePathRegexMiddleware {
    std::string regex;
    std::string replacement;
};
/// Answers `status` to everyone (ipAllowList with a range nobody is in).
struct StatusMiddleware {
    int status = 500;
};
struct RetryMiddleware {
    int attempts = 2;  ///< the first try counts
    std::vector<int> status;
    std::optional<std::chrono::milliseconds> initial_interval;
};
/// Carries the generation's content hash; matches nothing, does nothing.
struct GenerationMiddleware {
    std::string hash;
};

/// Settings in Traefik's own words already, checked where they were read.
struct ExtensionMiddleware {
    std::string type;
    std::shared_ptr<const tree::Value> settings;
    std::string service;  ///< of `errors`; else empty
};

using MiddlewareSettings = std::variant<HeadersMiddleware,
                                        HeaderModifierMiddleware,
                                        RequestRedirectMiddleware,
                                        UrlRewriteMiddleware,
                                        RedirectRegexMiddleware,
                                        ReplacePathMiddleware,
                                        ReplacePathRegexMiddleware,
                                        StatusMiddleware,
                                        RetryMiddleware,
                                        ExtensionMiddleware,
                                        GenerationMiddleware>;

struct Middleware {
    std::string name;
    MiddlewareSettings settings;
};

struct StickyCookie {
    std::string name;
    std::string path = "/";
    std::optional<std::int64_t> max_age;  ///< seconds
    bool secure = false;
};

struct LoadBalancer {
    std::vector<std::string> urls;
    std::vector<int> weights;  ///< of the URLs; none: all have the same
    std::string transport;  ///< servers transport; empty: the default one
    std::optional<StickyCookie> sticky;
    /// Besides, and in place of what would stand there, in Traefik's own words; may be null.
    std::shared_ptr<const tree::Value> settings = nullptr;
    /// Whose endpoints the URLs are, by the name that rules share; not in the text.
    std::string backend = {};
};
struct WeightedMember {
    std::string service;
    int weight = 1;
};
struct Weighted {
    std::vector<WeightedMember> members;
    std::optional<StickyCookie> sticky;
};
struct MirrorTarget {
    std::string service;
    int percent = 100;
};
struct Mirroring {
    std::string service;
    std::vector<MirrorTarget> mirrors;
};
/// Settings in Traefik's own words already, around services of ours.
struct CompositeService {
    ir::CompositeKind kind{};
    std::shared_ptr<const tree::Value> settings;
    std::vector<WeightedMember> parts;  ///< of mirrors the weight is the percentage
};
using ServiceSettings = std::variant<LoadBalancer, Weighted, Mirroring, CompositeService>;

struct Service {
    std::string name;
    std::vector<std::string> middlewares;
    ServiceSettings settings;
};

struct Certificate {
    std::string chain_pem;
    base::SecretBytes key_pem;
    bool is_default = false;
};

/// How a transport speaks TLS.
struct TransportTls {
    std::string server_name;  ///< empty: the host of the URL
    std::string ca_pem;       ///< empty: what the system trusts
    /// A URI in the peer's certificate, in place of the server name.
    std::optional<std::string> peer_uri;
    std::optional<Certificate> certificate;
    std::string min_version;  ///< both or none
    std::string max_version;
    std::vector<std::string> cipher_suites;
};

struct ServersTransport {
    std::string name;
    std::optional<std::chrono::milliseconds> response_header_timeout;
    std::optional<std::chrono::milliseconds> dial_timeout;
    std::optional<TransportTls> tls;
};

struct ClientAuth {
    std::string ca_pem;
    bool required = true;  ///< else asked for, and whatever is shown is taken
    bool operator==(const ClientAuth&) const = default;
};

struct TcpRouterTls {
    bool passthrough = false;
    std::string options;        ///< empty: the default options
    std::string cert_resolver;  ///< empty: none
};

struct TcpRouter {
    std::string name;
    std::string rule;  ///< made by rule.hpp only
    std::int64_t priority = 0;
    std::string entry_point;
    std::string service;
    std::optional<TcpRouterTls> tls;
};

struct TcpLoadBalancer {
    std::vector<std::string> addresses;  ///< none: connections are closed
    std::string transport;
    bool tls = false;  ///< as the transport says
};
struct StreamWeighted {
    std::vector<WeightedMember> members;
};
struct TcpService {
    std::string name;
    std::variant<TcpLoadBalancer, StreamWeighted> settings;
};

struct TcpTransport {
    std::string name;
    std::chrono::milliseconds termination_delay{};
    std::optional<TransportTls> tls;  ///< versions and cipher suites cannot be said here
};

/// Traefik serves one router per entry point: the last one by name.
struct UdpRouter {
    std::string name;
    std::string entry_point;
    std::string service;
};

struct UdpLoadBalancer {
    std::vector<std::string> addresses;  ///< none: datagrams are dropped
};
struct UdpService {
    std::string name;
    std::variant<UdpLoadBalancer, StreamWeighted> settings;
};

struct TlsOptions {
    std::string name;
    std::string min_version;
    std::string max_version;
    std::vector<std::string> cipher_suites;
    std::vector<std::string> curves;
    std::vector<std::string> alpn;  ///< written out in JSON, where Traefik applies no default
    bool sni_strict = false;
    std::optional<ClientAuth> client_auth;
};

struct Dynamic {
    std::vector<Router> routers;
    std::vector<Middleware> middlewares;
    std::vector<Service> services;
    std::vector<ServersTransport> transports;
    std::vector<TcpRouter> tcp_routers;
    std::vector<TcpService> tcp_services;
    std::vector<TcpTransport> tcp_transports;
    std::vector<UdpRouter> udp_routers;
    std::vector<UdpService> udp_services;
    std::vector<TlsOptions> tls_options;
    std::vector<Certificate> certificates;
};

}  // namespace gatefile::traefik
