// SPDX-License-Identifier: Apache-2.0
#include "streams.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatefile/base/hash.hpp"
#include "gatefile/ir/match.hpp"
#include "names.hpp"
#include "own_options.hpp"
#include "rule.hpp"
#include "stream_services.hpp"
#include "tls.hpp"

namespace gatefile::traefik {
namespace {

/// Below what Traefik computes for the rules of others, of which HostSNI(`*`) gets -1.
constexpr std::int64_t first_yielding_priority = -2;
/// Above what it computes.
constexpr std::int64_t first_winning_priority = 1'000'000'000;

/// Negotiated where TLS ends here. What the client wants to speak is for the backend to understand,
/// and Traefik can neither take any protocol nor, in YAML, be kept from negotiating; a list without
/// the client's would end the handshake. HTTP/1.1 first: a backend need not speak HTTP/2.
const std::vector<std::string> passed_on_protocols{"http/1.1",
                                                   "h2",
                                                   "postgresql",
                                                   "mqtt",
                                                   "imap",
                                                   "pop3",
                                                   "managesieve",
                                                   "xmpp-client",
                                                   "xmpp-server",
                                                   "ftp",
                                                   "nntp",
                                                   "irc",
                                                   "sip/2",
                                                   "dot",
                                                   "tds/8.0",
                                                   "radius/1.1"};

bool is_wildcard(std::string_view hostname) {
    return hostname.starts_with("*.");
}

class StreamRenderer {
public:
    explicit StreamRenderer(Draft& draft) : draft_(draft), services_(draft) {}

    void run() {
        for (const ir::Stream& stream : draft_.config.streams) {
            switch (stream.kind) {
            case ir::StreamKind::Udp:
                render_udp(stream);
                break;
            case ir::StreamKind::Tcp:
                render_tcp(stream);
                break;
            case ir::StreamKind::TlsPassthrough:
            case ir::StreamKind::TlsTerminate:
                render_tls(stream);
                break;
            }
        }
        for (const std::string& entry_point : open_ended_) {
            // What no listener of ours names may well be another provider's.
            add(Coexist::Yield,
                {.name = closing_name(entry_point, ""),
                 .rule = call("HostSNI", "*").text(),
                 .entry_point = entry_point,
                 .service = services_.closed_connections(),
                 .tls = TcpRouterTls{.passthrough = true}});
        }
    }

private:
    static std::string closing_name(std::string_view entry_point, std::string_view hostname) {
        return make_name({"gatefile", "closed", entry_point, hostname});
    }

    std::string router_name(const ir::Stream& stream, const ir::StreamHost& host) const {
        return stream_router_name(
            draft_.config.routes[host.route], stream.entry_point, host.hostname);
    }

    /// The routers of an entry point come in the order in which they are to be tried.
    void add(TcpRouter router) { add(draft_.settings.coexist, std::move(router)); }

    void add(Coexist coexist, TcpRouter router) {
        const std::int64_t rank = ranks_[router.entry_point]++;
        const std::int64_t first =
            coexist == Coexist::Yield ? first_yielding_priority : first_winning_priority;
        router.priority = first - rank;
        draft_.dynamic.tcp_routers.push_back(std::move(router));
    }

    /// The rule is what lets Traefik connect at once, so that a server may speak first; there must
    /// be nothing with TLS on the entry point then.
    void render_tcp(const ir::Stream& stream) {
        TcpRouter router{.name = closing_name(stream.entry_point, ""),
                         .rule = call("HostSNI", "*").text(),
                         .entry_point = stream.entry_point};
        if (stream.hosts.empty()) {
            router.service = services_.closed_connections();
        } else {
            const ir::StreamHost& host = stream.hosts.front();
            router.name = router_name(stream, host);
            router.service = services_.connections(host);
        }
        add(std::move(router));
    }

    /// Of several routers for an entry point Traefik takes the last one by name, so the name is
    /// the rank among other providers' routers.
    void render_udp(const ir::Stream& stream) {
        const bool yields = stream.sources.empty() || draft_.settings.coexist == Coexist::Yield;
        const std::string_view rank = yields ? first_of_names : last_of_names;
        UdpRouter router{.name = closing_name(stream.entry_point, ""),
                         .entry_point = stream.entry_point,
                         .service = {}};
        if (stream.hosts.empty()) {
            router.service = services_.closed_datagrams();
        } else {
            const ir::StreamHost& host = stream.hosts.front();
            router.name = router_name(stream, host);
            router.service = services_.datagrams(host);
        }
        router.name.insert(0, rank);
        draft_.dynamic.udp_routers.push_back(std::move(router));
    }

    void render_tls(const ir::Stream& stream) {
        const std::vector<std::string_view> excluded = wildcards_within(stream);
        const TcpRouterTls tls = tls_of(stream);
        bool covers_all = false;
        for (const ir::StreamHost& host : stream.hosts) {
            covers_all = covers_all || host.hostname == stream.hostname;
            if (is_taken(stream, host.hostname)) continue;
            TcpRouter router{.name = router_name(stream, host),
                             .rule = rule_of(host.hostname, excluded),
                             .entry_point = stream.entry_point,
                             .service = services_.connections(host),
                             .tls = tls};
            if (is_wildcard(host.hostname) || host.hostname.empty()) {
                // Traefik asks the resolver for the names that a rule lists.
                router.tls->cert_resolver.clear();
            }
            add(std::move(router));
        }
        if (!covers_all) {
            // Listener isolation: what has no route here is no less specific listener's.
            add({.name = closing_name(stream.entry_point, stream.hostname),
                 .rule = rule_of(stream.hostname, excluded),
                 .entry_point = stream.entry_point,
                 .service = services_.closed_connections(),
                 .tls = TcpRouterTls{.passthrough = true}});
        }
        // What no listener names must not get as far as a certificate.
        if (stream.hostname.empty()) {
            open_ended_.erase(stream.entry_point);
            hostless_.insert(stream.entry_point);
        } else if (!hostless_.contains(stream.entry_point)) {
            open_ended_.insert(stream.entry_point);
        }
    }

    static std::string rule_of(std::string_view hostname,
                               const std::vector<std::string_view>& excluded) {
        Rule rule = server_name_rule(hostname);
        for (const std::string_view wildcard : excluded) {
            if (ir::hostname_covers(hostname, wildcard)) {
                rule = all_of(std::move(rule), no(server_name_rule(wildcard)));
            }
        }
        return rule.always() ? call("HostSNI", "*").text() : std::move(rule).text();
    }

    /// Hostnames of more specific HTTPS listeners of the entry point that may have routers which
    /// name no host, and would come too late.
    std::vector<std::string_view> wildcards_within(const ir::Stream& stream) const {
        std::vector<std::string_view> found;
        for_each_narrower(stream, [&](const std::string& hostname) {
            if (is_wildcard(hostname)) found.push_back(hostname);
        });
        return found;
    }

    /// Whether a more specific HTTPS listener has all connections for the hostname.
    bool is_taken(const ir::Stream& stream, std::string_view hostname) const {
        bool taken = false;
        for_each_narrower(stream, [&](const std::string& narrower) {
            taken = taken || ir::hostname_covers(narrower, hostname);
        });
        return taken;
    }

    template <typename Visit>
    void for_each_narrower(const ir::Stream& stream, Visit visit) const {
        for (const ir::Listener& listener : draft_.config.listeners) {
            if (listener.tls && listener.entry_point == stream.entry_point &&
                listener.hostname != stream.hostname &&
                ir::hostname_covers(stream.hostname, listener.hostname)) {
                visit(listener.hostname);
            }
        }
    }

    TcpRouterTls tls_of(const ir::Stream& stream) {
        if (stream.kind == ir::StreamKind::TlsPassthrough) return {.passthrough = true};
        OwnOptions own = own_options(*stream.tls);
        own.options.name = make_name({"stream", stream.entry_point, stream.hostname});
        if (own.options.min_version.empty()) own.options.min_version = "VersionTLS12";
        own.options.alpn = passed_on_protocols;
        TcpRouterTls tls{.options = own.options.name, .cert_resolver = own.cert_resolver};
        draft_.dynamic.tls_options.push_back(std::move(own.options));
        return tls;
    }

    Draft& draft_;
    StreamServices services_;
    std::map<std::string, std::int64_t> ranks_;  ///< by entry point
    std::set<std::string> open_ended_;           ///< entry points with TLS, by listeners with names
    std::set<std::string> hostless_;
};

}  // namespace

void render_streams(Draft& draft) {
    StreamRenderer(draft).run();
}

}  // namespace gatefile::traefik
