// SPDX-License-Identifier: Apache-2.0
#include "shared_entry_points.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"

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
        if (!has_tls(protocol)) return nullptr;
        const auto same = with_tls_.find(wanted.listener->hostname);
        if (same == with_tls_.end() || is_same_port(same->second, wanted)) return nullptr;
        const auto mode = [](const Claim& claim) {
            return std::pair(claim.listener->protocol, claim.listener->passthrough);
        };
        const bool same_clients =
            same->second.listener->client_validation == wanted.listener->client_validation;
        return same_clients && mode(same->second) == mode(wanted) ? nullptr : &same->second;
    }

    void add(const Claim& claim) {
        if (!first_.gateway) first_ = claim;
        if (has_tls(claim.listener->protocol)) {
            with_tls_.emplace(claim.listener->hostname, claim);
        }
    }

private:
    static bool is_same_port(const Claim& a, const Claim& b) {
        return a.gateway == b.gateway && a.listener->spec->port == b.listener->spec->port;
    }

    Claim first_;
    std::map<std::string_view, Claim> with_tls_;
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
