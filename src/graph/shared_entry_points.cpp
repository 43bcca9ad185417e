// SPDX-License-Identifier: Apache-2.0
#include "shared_entry_points.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "hostnames.hpp"

namespace gatefile::graph {
namespace {

/// Nothing in the bytes tells whose they are.
bool is_bare(Protocol protocol) {
    return protocol == Protocol::Tcp || protocol == Protocol::Udp;
}

bool has_tls(Protocol protocol) {
    return protocol == Protocol::Https || protocol == Protocol::Tls;
}

std::vector<Gateway*> oldest_first(std::vector<Gateway>& gateways) {
    std::vector<Gateway*> order;
    for (Gateway& gateway : gateways)
        order.push_back(&gateway);
    // The vector is sorted by namespace and name; one without a timestamp is not created yet.
    std::ranges::stable_sort(order, {}, [](const Gateway* gateway) {
        const auto& created = gateway->spec->meta.created;
        return std::pair(!created.has_value(), created.value_or(base::Timestamp{}));
    });
    return order;
}

class EntryPoint {
public:
    struct Claim {
        const Gateway* gateway = nullptr;
        const Listener* listener = nullptr;
    };

    /// What stands in the way of a listener. Listeners of one port of a Gateway have been judged
    /// against each other already.
    const Claim* obstacle(const Claim& wanted) const {
        if (!first_.gateway) return nullptr;
        const Protocol protocol = wanted.listener->protocol;
        if (!is_same_port(first_, wanted) &&
            (is_bare(protocol) || is_bare(first_.listener->protocol))) {
            return &first_;
        }
        if (const Claim* unlike = unlike_in_part(wanted)) return unlike;
        const auto& others = has_tls(protocol) ? with_tls_ : plain_;
        const auto same = others.find(wanted.listener->hostname);
        if (same == others.end() || is_same_port(same->second, wanted)) return nullptr;
        if (!run_the_same(same->second, wanted)) return &same->second;
        if (!has_tls(protocol)) return nullptr;
        const auto mode = [](const Claim& claim) {
            return std::pair(claim.listener->protocol, claim.listener->passthrough);
        };
        const bool same_clients =
            same->second.listener->client_validation == wanted.listener->client_validation;
        return same_clients && mode(same->second) == mode(wanted) ? nullptr : &same->second;
    }

    void add(const Claim& claim) {
        if (!first_.gateway) first_ = claim;
        all_.push_back(claim);
        has_filters_ = has_filters_ || !claim.listener->filters.empty();
        auto& claims = has_tls(claim.listener->protocol) ? with_tls_ : plain_;
        claims.emplace(claim.listener->hostname, claim);
    }

private:
    static bool is_same_port(const Claim& a, const Claim& b) {
        return a.gateway == b.gateway && a.listener->spec->port == b.listener->spec->port;
    }

    /// Filters of listeners that become one; what they refer to is in their own namespace, and who
    /// they are to it depends on their Gateway.
    static bool run_the_same(const Claim& a, const Claim& b) {
        const std::vector<api::HttpFilter>& filters = a.listener->spec->filters;
        if (filters != b.listener->spec->filters) return false;
        if (filters.empty()) return true;
        return owner_meta(*a.gateway, *a.listener).ns == owner_meta(*b.gateway, *b.listener).ns &&
               a.listener->filters_fail == b.listener->filters_fail &&
               a.gateway->client_certificate == b.gateway->client_certificate;
    }

    /// A listener of another port of the Gateway that would take some of its requests, or the other
    /// way round, with other filters: routes are on both.
    const Claim* unlike_in_part(const Claim& wanted) const {
        if (!has_filters_ && wanted.listener->filters.empty()) return nullptr;
        for (const Claim& other : all_) {
            if (other.gateway != wanted.gateway || is_same_port(other, wanted) ||
                has_tls(other.listener->protocol) != has_tls(wanted.listener->protocol)) {
                continue;
            }
            const std::string& theirs = other.listener->hostname;
            const std::string& ours = wanted.listener->hostname;
            const bool meet = hostname_within(ours, theirs) || hostname_within(theirs, ours);
            if (meet && !run_the_same(other, wanted)) return &other;
        }
        return nullptr;
    }

    Claim first_;
    std::vector<Claim> all_;
    bool has_filters_ = false;  ///< one of them
    std::map<std::string_view, Claim> with_tls_;  ///< by hostname
    std::map<std::string_view, Claim> plain_;     ///< the same, of those without TLS
};

void refuse(const Context& context,
            const Gateway& gateway,
            Listener& listener,
            const EntryPoint::Claim& obstacle) {
    listener.accepted = false;
    listener.serves = false;
    report(context,
           *gateway.spec,
           listener,
           diag::Path("port"),
           {diag::Code::ListenerPortTaken,
            fmt::format("entry point {} serves listener {} ({}) of {}, and Traefik could not tell "
                        "their traffic apart",
                        base::quote_for_message(listener.entry_point),
                        base::quote_for_message(obstacle.listener->spec->name),
                        obstacle.listener->spec->protocol,
                        owner_of(*obstacle.gateway, *obstacle.listener).text()),
            "give the Gateways entry points of their own, or use another port"});
}

}  // namespace

void judge_shared_entry_points(const Context& context, std::vector<Gateway>& gateways) {
    std::map<std::string_view, EntryPoint> entry_points;
    for (Gateway* gateway : oldest_first(gateways)) {
        for (Listener& listener : gateway->listeners) {
            if (!listener.serves) continue;
            EntryPoint& entry_point = entry_points[listener.entry_point];
            const EntryPoint::Claim claim{gateway, &listener};
            if (const EntryPoint::Claim* obstacle = entry_point.obstacle(claim)) {
                refuse(context, *gateway, listener, *obstacle);
            } else {
                entry_point.add(claim);
            }
        }
    }
}

}  // namespace gatefile::graph
