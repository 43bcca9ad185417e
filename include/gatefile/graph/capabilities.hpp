// SPDX-License-Identifier: Apache-2.0
//
// What the proxy behind us can do, as plain facts, so that the graph can accept or refuse a field
// before status is computed. Module traefik fills this in from its capability table, the output
// format and the static configuration; the graph never names Traefik.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatefile::graph {

/// What a route may ask for that not every output can express. One row each in traefik's table.
enum class Ability : std::uint8_t {
    RequestHeaderSet,
    RequestHeaderAdd,
    RequestHeaderRemove,
    ResponseHeaderSet,
    ResponseHeaderAdd,
    ResponseHeaderRemove,
    Redirect301,
    Redirect302,
    Redirect303,
    Redirect307,
    Redirect308,
    RedirectPath,
    RewriteHostname,
    RewriteFullPath,
    RewritePrefix,
    BackendRequestHeaderModifier,
    BackendResponseHeaderModifier,
    BackendUrlRewrite,
    BackendRequestRedirect,
    BackendMirror,
    BackendCors,
    Mirror,
    MirrorFraction,  ///< a share that is no whole percent
    Cors,
    RequestTimeout,
    BackendTimeout,
    RetryConnection,
    RetryCodes,
    RetryBackoff,
    RequestTimeoutWithRetry,  ///< a deadline over all tries
    SessionCookie,
    SessionCookiePath,
    SessionCookiePermanent,
    SessionIdleTimeout,
    SessionHeader,
    ExternalAuth,
    ExternalAuthAllHeaders,  ///< all headers of the answer are copied
    AppProtocolH2c,
    AppProtocolWs,
    AppProtocolHttps,
    AppProtocolWss,
    PathRegex,
    HeaderRegex,
    QueryRegex,
    ListenerFilters,
    BackendTlsOtherName,     ///< subjectAltNames without the hostname of the policy
    BackendTlsSeveralNames,  ///< subjectAltNames of which any one is enough
    Count_,
};

enum class Support : std::uint8_t { Yes, Approximate, No };

struct Answer {
    Support support = Support::No;
    /// For Approximate and No: why, naming what in Traefik is in the way.
    std::string_view reason;
    /// For No: what would help ("--to plugin"); may be empty.
    std::string_view remedy;
    /// For Approximate: what is served in its place.
    std::string_view approximation;
};

enum class Transport : std::uint8_t { Tcp, Udp };

/// A port that a Gateway's listeners may use, and the entry point that serves it.
struct SlotPort {
    std::uint16_t port = 0;  ///< the listener's port, after the port map
    Transport transport = Transport::Tcp;
    std::string entry_point;
    std::uint16_t bound_port = 0;  ///< the entry point's own
    /// Non-empty: the entry point redirects everything there, so HTTP listeners never serve.
    std::string redirects_to;
    /// What the entry point does to every request besides, as clauses: "runs the middleware x".
    std::vector<std::string> alterations;
    bool trusts_forwarded = false;  ///< it keeps the X-Forwarded-… of (some) clients
};

/// A set of entry points that one Gateway may own; see design.md §3.1.
struct Slot {
    std::string name;
    std::optional<std::string> address;  ///< what is reported in status.addresses; an IP or a name
    std::vector<SlotPort> ports;
};

struct Capabilities {
    std::array<Answer, static_cast<std::size_t>(Ability::Count_)> answers{};
    std::vector<Slot> slots;
    /// The certificates of https backends are not verified, whatever a route says.
    bool backends_unverified = false;
    /// Certificate resolvers that Traefik has; nothing: nobody knows.
    std::optional<std::vector<std::string>> cert_resolvers;
    /// Listeners of one entry point are told apart by the server name (421 for another's host).
    bool tells_listeners_apart = true;
    bool gateway_services = false;  ///< each Gateway gets a Service (--gateway-services)
    bool without_keys = false;      ///< private keys are left out, so a Secret may lack them
    bool approximate = false;       ///< --approximate: Support::Approximate is taken, else refused

    const Answer& answer(Ability ability) const {
        return answers[static_cast<std::size_t>(ability)];
    }
};

}  // namespace gatefile::graph
