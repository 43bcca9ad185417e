// SPDX-License-Identifier: Apache-2.0
//
// What is to be served, free of Kubernetes objects and of Traefik's words: listeners, their hosts,
// rules in order, pools, certificates. Owns everything it holds. The order of listeners, hosts and
// entries is the order in which they are tried; ir/match.hpp says what that means.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "gatefile/base/secret_bytes.hpp"

namespace gatefile::diag {
struct ObjectRef;
}

namespace gatefile::tree {
struct Value;
}

namespace gatefile::ir {

enum class PathKind : std::uint8_t { Exact, Prefix, Regex };
enum class ValueKind : std::uint8_t { Exact, Regex };

struct PathMatch {
    PathKind kind = PathKind::Prefix;
    /// Exact and Prefix: percent-encoding is taken off, but of the reserved characters of RFC 3986
    /// and of "%", which stay as "%2F"; so the bytes need not be UTF-8. A Prefix has no trailing
    /// slash unless it is "/": it matches itself and what follows a slash. Regex: as written.
    std::string value = "/";
    /// Regex: and the path is a gRPC call's, "/SERVICE/METHOD".
    bool call = false;
    bool operator==(const PathMatch&) const = default;
};

struct ValueMatch {
    ValueKind kind = ValueKind::Exact;
    std::string name;  ///< headers: any case counts; query parameters: exact
    std::string value;
    bool operator==(const ValueMatch&) const = default;
};

struct Match {
    PathMatch path;
    std::vector<ValueMatch> headers;  ///< by name in lower case, one for each name
    std::vector<ValueMatch> query;    ///< by name, one for each name
    std::optional<std::string> method;
    bool operator==(const Match&) const = default;
};

struct Header {
    std::string name;
    std::string value;
    bool operator==(const Header&) const = default;
};

struct HeaderChange {
    std::vector<Header> set;
    std::vector<Header> add;
    std::vector<std::string> remove;
    bool operator==(const HeaderChange&) const = default;
};
struct RequestHeaders {
    HeaderChange change;
    bool operator==(const RequestHeaders&) const = default;
};
struct ResponseHeaders {
    HeaderChange change;
    bool operator==(const ResponseHeaders&) const = default;
};

struct FullPath {
    std::string path;
    bool operator==(const FullPath&) const = default;
};
struct PrefixPath {
    std::string matched;      ///< the prefix of the rule's match, normalised as in PathMatch
    std::string replacement;  ///< as written
    bool operator==(const PrefixPath&) const = default;
};
using PathChange = std::variant<FullPath, PrefixPath>;

struct Rewrite {
    std::optional<std::string> hostname;
    std::optional<PathChange> path;
    bool operator==(const Rewrite&) const = default;
};

/// Scheme and port are resolved against the listener: what is absent is kept from the request.
struct Redirect {
    std::optional<std::string> scheme;
    std::optional<std::string> hostname;
    std::optional<std::uint16_t>
        port;  ///< absent: none in the location (80 for http, 443 for https)
    std::optional<PathChange> path;
    int status = 302;
    bool operator==(const Redirect&) const = default;
};

struct Mirror {
    std::size_t backend = 0;  ///< in Config::backends
    int numerator = 100;
    int denominator = 100;
    bool operator==(const Mirror&) const = default;
};

struct CorsPolicy {
    std::vector<std::string> allow_origins;
    std::optional<bool> allow_credentials;
    std::vector<std::string> allow_methods;
    std::vector<std::string> allow_headers;
    std::vector<std::string> expose_headers;
    int max_age = 5;
    bool operator==(const CorsPolicy&) const = default;
};

/// Something that the proxy does by itself, in its own words.
struct ExtensionFilter {
    std::string ns;  ///< of the object that asks for it; ns and name tell filters apart
    std::string name;
    std::string type;
    std::shared_ptr<const tree::Value> settings;
    std::optional<std::size_t> service;  ///< in Config::backends, for a type that needs one
    bool operator==(const ExtensionFilter& other) const {
        return ns == other.ns && name == other.name;
    }
};

/// Asks a backend, by a request of its own with the same method, host, path and query, whether the
/// request may go on: 200 lets it pass, any other answer is passed to the client.
struct ExternalAuth {
    std::size_t backend = 0;                    ///< in Config::backends
    std::string path;                           ///< put in front of the path; empty: nothing
    std::vector<std::string> request_headers;   ///< sent besides Host and Authorization
    std::vector<std::string> response_headers;  ///< of the answer: replace the request's
    int max_body = 0;  ///< bytes of the body that are sent, more is refused; 0: none are
    bool operator==(const ExternalAuth&) const = default;
};

/// In the order in which they run.
using Filter = std::variant<RequestHeaders,
                            ResponseHeaders,
                            Rewrite,
                            Redirect,
                            Mirror,
                            CorsPolicy,
                            ExternalAuth,
                            ExtensionFilter>;

enum class BackendProtocol : std::uint8_t { Http, H2c, Https, Tcp, Udp };

struct Endpoint {
    std::string host;
    std::uint16_t port = 0;
    int weight = 1;            ///< beside the others of its backend, > 0
    std::string cluster = {};  ///< that it is in; empty where there is only one
    auto operator<=>(const Endpoint&) const = default;
};

/// Who a backend must prove to be, and who we are to it.
struct BackendTls {
    std::string id;                  ///< "ns/name" of the policy, for names; empty: there is none
    std::string server_name;         ///< SNI, and what its certificate must be for; empty: its host
    std::string ca_pem;              ///< empty: what the system trusts
    std::optional<std::string> uri;  ///< a name in its certificate, in place of the server name
    std::optional<std::size_t> client_certificate;  ///< in Config::client_certificates
    /// "gatefile.dev/…"; sorted by key.
    std::vector<std::pair<std::string, std::string>> options;
};

/// A Service's port. No endpoints: answers 503.
struct Backend {
    std::string ns;
    std::string name;
    std::uint16_t port = 0;
    BackendProtocol protocol = BackendProtocol::Http;
    std::vector<Endpoint> endpoints;
    std::optional<std::size_t> tls;  ///< in Config::backend_tls; none: as any client would do it
    /// In Config::composites: what is forwarded to in place of endpoints, of which it has none.
    std::optional<std::size_t> composite = std::nullopt;
    /// Is looked for in several clusters, wherever it has endpoints at the moment.
    bool in_clusters = false;
    auto operator<=>(const Backend&) const = default;
};

enum class CompositeKind : std::uint8_t { Weighted, HighestRandomWeight, Mirroring, Failover };

/// Forwards to other backends in the proxy's own way.
struct Composite {
    CompositeKind kind = CompositeKind::Weighted;
    std::shared_ptr<const tree::Value> settings;  ///< in the proxy's words, without the parts
    struct Part {
        std::size_t backend = 0;  ///< in Config::backends, before the composite's own
        int share = 1;            ///< a weight, or of a mirror the percentage
        std::vector<Filter> filters;
        std::shared_ptr<const tree::Value> settings;  ///< of the backend, in the proxy's words
    };
    /// Mirroring: what answers, then the mirrors. Failover: what answers, then its replacement.
    std::vector<Part> parts;
};

/// Answers an error: nothing to forward to, or something of the rule cannot be served. 500, and for
/// gRPC 503, which clients take for UNAVAILABLE.
struct Fail {
    int status = 500;
    bool operator==(const Fail&) const = default;
};

/// A share of a rule's requests.
struct Member {
    std::optional<std::size_t> backend;  ///< in Config::backends
    int weight = 1;                      ///< > 0
    std::vector<Filter> filters;         ///< run after the choice
    std::size_t ref = 0;                 ///< index of the backendRef, for names
    Fail fail;                           ///< answers when there is no backend
    bool operator==(const Member&) const = default;
};

struct Retry {
    int attempts = 1;  ///< after the first try, > 0
    std::vector<int> codes;
    std::optional<std::chrono::milliseconds> backoff;
    bool operator==(const Retry&) const = default;
};

struct Stickiness {
    std::optional<std::string> cookie;
    std::optional<std::string> path;
    std::optional<std::chrono::milliseconds> max_age;  ///< absent: a session cookie
    bool operator==(const Stickiness&) const = default;
};

/// Chooses a member by weight. Never empty, weights sum to more than 0.
struct Forward {
    std::vector<Member> members;
    bool operator==(const Forward&) const = default;
};
/// A Redirect among the filters answers; nothing is forwarded.
struct Answer {
    bool operator==(const Answer&) const = default;
};
using Action = std::variant<Forward, Answer, Fail>;

struct RouteId {
    std::string kind;  ///< "HTTPRoute", "GRPCRoute" …
    std::string ns;
    std::string name;
    auto operator<=>(const RouteId&) const = default;
};

/// One rule of a route, for one set of listeners on which it means the same.
struct Rule {
    std::size_t route = 0;  ///< in Config::routes
    std::size_t index = 0;  ///< in the route's rules
    /// Tells rules apart that come of the same route rule: by listener ("80-http" …) where a
    /// redirect depends on it, by match ("match1", "80-http-match1") where a filter depends on
    /// which of several prefixes matched, by the Gateway's client certificate ("client-ns/secret",
    /// always last) where backends are shown one; else empty.
    std::string variant;
    std::vector<Filter> filters;
    Action action;
    std::optional<std::chrono::milliseconds> request_timeout;  ///< > 0
    std::optional<std::chrono::milliseconds> backend_timeout;  ///< > 0
    std::optional<Retry> retry;
    std::optional<Stickiness> stickiness;
};

/// A match that leads to a rule.
struct Entry {
    Match match;
    std::size_t rule = 0;         ///< in Config::rules
    std::size_t match_index = 0;  ///< in the route rule's matches
};

/// All entries of one effective hostname on a listener, first match wins.
struct Host {
    std::string hostname;  ///< lower case; "*.x" covers any number of labels; empty: any
    std::vector<Entry> entries;
};

struct ListenerId {
    std::string gateway_ns;
    std::string gateway;
    std::string name;
    std::uint16_t port = 0;
    std::string set_ns;  ///< of the ListenerSet that it is of
    std::string set;     ///< empty: the Gateway's own
    auto operator<=>(const ListenerId&) const = default;
};

/// The Gateway or ListenerSet that has the listener in its spec.
diag::ObjectRef object_of(const ListenerId& listener);

/// What a client has to show.
struct ClientValidation {
    std::string ca_pem;
    bool insecure_fallback = false;  ///< whatever is shown is taken
    bool operator==(const ClientValidation&) const = default;
};

struct Tls {
    std::vector<std::size_t> certificates;  ///< in Config::certificates, first is preferred
    std::optional<ClientValidation> client_validation;
    /// Listener tls.options that are ours ("gatefile.dev/…"); sorted by key.
    std::vector<std::pair<std::string, std::string>> options;
};

/// What one entry point serves for one listener hostname; Gateways that share an entry point are
/// merged here (design.md §3.1).
struct Listener {
    std::string entry_point;
    std::string hostname;  ///< as Host::hostname
    std::vector<ListenerId> sources;
    std::optional<Tls> tls;
    /// Run on every request before a match is looked for, which sees what they made of it. They
    /// change neither host nor listener.
    std::vector<Filter> filters;
    std::optional<Fail> fail;  ///< answers everything: one of the filters cannot be run
    std::vector<Host> hosts;   ///< most specific first
};

enum class StreamKind : std::uint8_t { Tcp, TlsPassthrough, TlsTerminate, Udp };

/// A share of a stream's connections. Without a backend they are closed.
struct StreamMember {
    std::optional<std::size_t> backend;  ///< in Config::backends
    int weight = 1;                      ///< > 0
    std::size_t ref = 0;                 ///< index of the backendRef, for names
    bool operator==(const StreamMember&) const = default;
};

/// Where the connections (datagrams) for one hostname go.
struct StreamHost {
    std::string hostname;               ///< as Host::hostname; the SNI. Always empty but for TLS
    std::size_t route = 0;              ///< in Config::routes
    std::vector<StreamMember> members;  ///< none: closed
};

/// What one entry point passes on as bytes for one listener.
struct Stream {
    StreamKind kind = StreamKind::Tcp;
    std::string entry_point;
    std::string hostname;  ///< as Host::hostname
    std::vector<ListenerId> sources;
    std::optional<Tls> tls;         ///< of TlsTerminate
    std::vector<StreamHost> hosts;  ///< most specific first; for Tcp and Udp at most one
};

struct Certificate {
    std::string id;  ///< "ns/name" of the Secret, for names and messages
    std::string chain_pem;
    base::SecretBytes key_pem;
    std::vector<std::string> names;  ///< DNS names it covers
    std::string fingerprint;         ///< of the leaf, hexadecimal
};

struct Config {
    std::vector<RouteId> routes;
    std::vector<Rule> rules;
    std::vector<Backend> backends;        ///< unique
    std::vector<Composite> composites;    ///< unique
    std::vector<BackendTls> backend_tls;  ///< unique
    std::vector<Certificate> certificates;
    std::vector<Certificate> client_certificates;  ///< shown to backends, never to clients
    /// By entry point, then most specific hostname first.
    std::vector<Listener> listeners;
    /// By entry point, then most specific hostname first.
    std::vector<Stream> streams;
    std::vector<std::string> members;  ///< the clusters beside the home whose endpoints are here
};

}  // namespace gatefile::ir
