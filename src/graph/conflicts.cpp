// SPDX-License-Identifier: Apache-2.0
#include "conflicts.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <tuple>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::graph {
namespace {

/// What can be told apart on one port: by the Host header, by SNI, or not at all.
enum class Family : std::uint8_t { Host, Sni, Bytes, None };

Family family_of(const Listener& listener) {
    switch (listener.protocol) {
    case Protocol::Http:
        return Family::Host;
    case Protocol::Https:
    case Protocol::Tls:
        return Family::Sni;
    case Protocol::Tcp:
    case Protocol::Udp:
        return Family::Bytes;
    case Protocol::Unsupported:
        return Family::None;
    }
    return Family::None;
}

/// Port numbers of TCP and UDP have nothing to do with each other.
struct Port {
    std::uint16_t number = 0;
    Transport transport = Transport::Tcp;
    auto operator<=>(const Port&) const = default;
};

Port port_of(const Listener& listener) {
    return {listener.spec->port,
            listener.protocol == Protocol::Udp ? Transport::Udp : Transport::Tcp};
}

/// Listeners without a protocol that we know are refused by themselves and take no part.
bool takes_part(const Listener& listener) {
    return listener.protocol != Protocol::Unsupported;
}

std::string_view hostname_of(const Listener& listener) {
    return family_of(listener) == Family::Bytes ? std::string_view()
                                                : std::string_view(listener.hostname);
}

constexpr const char* other_protocol = "another protocol on the same port";

const char* same_hostname(const Listener& listener) {
    return family_of(listener) == Family::Bytes ? "the same port and protocol"
                                                : "the same port, protocol and hostname";
}

void refuse(const Context& context,
            const Gateway& gateway,
            Listener& listener,
            diag::Code code,
            std::string detail) {
    listener.conflicted = true;
    listener.accepted = false;
    const bool by_protocol =
        code == diag::Code::ListenerProtocolConflict || family_of(listener) == Family::Bytes;
    report(context,
           *gateway.spec,
           listener,
           diag::Path(by_protocol ? "protocol" : "hostname"),
           {code,
            std::move(detail),
            listener.set ? "give it another port or hostname, or remove it"
                         : "give the listeners different ports or hostnames, or remove all but "
                           "one"});
}

std::string others(const Gateway& gateway, std::span<const std::size_t> group, std::size_t except) {
    std::string text;
    for (const std::size_t index : group) {
        if (index == except) continue;
        if (!text.empty()) text += ", ";
        text += base::quote_for_message(gateway.listeners[index].spec->name);
    }
    return text;
}

void refuse_all(const Context& context,
                Gateway& gateway,
                std::span<const std::size_t> group,
                diag::Code code,
                std::string_view what) {
    for (const std::size_t index : group) {
        refuse(context,
               gateway,
               gateway.listeners[index],
               code,
               fmt::format("{} as listener {}", what, others(gateway, group, index)));
    }
}

/// Calls `visit` with each run of `order` in which all have the same `key`.
template <typename Key, typename Visit>
void for_each_run(std::span<const std::size_t> order, Key key, Visit visit) {
    for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
        while (end < order.size() && key(order[end]) == key(order[begin])) {
            ++end;
        }
        visit(order.subspan(begin, end - begin));
    }
}

void judge_own(const Context& context, Gateway& gateway) {
    const auto at = [&](std::size_t index) -> const Listener& { return gateway.listeners[index]; };
    std::vector<std::size_t> order;
    for (const Listener& listener : gateway.listeners) {
        if (!listener.set && takes_part(listener)) order.push_back(listener.index);
    }
    std::ranges::stable_sort(order, {}, [&](std::size_t index) {
        return std::tuple(port_of(at(index)), hostname_of(at(index)));
    });
    const auto port = [&](std::size_t index) { return port_of(at(index)); };
    const auto hostname = [&](std::size_t index) { return hostname_of(at(index)); };
    for_each_run(order, port, [&](std::span<const std::size_t> same_port) {
        const Family family = family_of(at(same_port[0]));
        const bool differ = std::ranges::any_of(
            same_port, [&](std::size_t index) { return family_of(at(index)) != family; });
        if (differ) {
            refuse_all(
                context, gateway, same_port, diag::Code::ListenerProtocolConflict, other_protocol);
            return;
        }
        for_each_run(same_port, hostname, [&](std::span<const std::size_t> same) {
            if (same.size() < 2) return;
            refuse_all(context,
                       gateway,
                       same,
                       diag::Code::ListenerHostConflict,
                       same_hostname(at(same[0])));
        });
    });
}

/// What stands in the way, without telling names of namespaces that a set's author may not see.
std::string describe_winner(const Gateway& gateway, const Listener& loser, const Listener& winner) {
    const std::string name = base::quote_for_message(winner.spec->name);
    if (!winner.set) {
        return fmt::format("listener {} of Gateway {}",
                           name,
                           quoted_name(gateway.spec->meta.ns, gateway.spec->meta.name));
    }
    if (winner.set->meta.ns != loser.set->meta.ns) {
        return "a listener of a ListenerSet in another namespace, which goes first";
    }
    return fmt::format("listener {} of ListenerSet {}, which goes first",
                       name,
                       quoted_name(winner.set->meta.ns, winner.set->meta.name));
}

/// Which listeners have a port.
struct Holders {
    std::map<std::string_view, const Listener*> by_hostname;
    std::map<Family, const Listener*> by_family;
};

/// One of another family.
const Listener* other_family(const Holders& holders, const Listener& listener) {
    for (const auto& [family, holder] : holders.by_family) {
        if (family != family_of(listener)) return holder;
    }
    return nullptr;
}

/// Listeners are in order of precedence. What conflicts among the Gateway's own is not served, and
/// nobody else gets its place.
void judge_sets(const Context& context, Gateway& gateway) {
    std::map<Port, Holders> ports;
    for (Listener& listener : gateway.listeners) {
        if (!takes_part(listener)) continue;
        Holders& holders = ports[port_of(listener)];
        const std::string_view hostname = hostname_of(listener);
        if (listener.set) {
            if (const Listener* winner = other_family(holders, listener)) {
                refuse(context,
                       gateway,
                       listener,
                       diag::Code::ListenerProtocolConflict,
                       fmt::format("{} as {}",
                                   other_protocol,
                                   describe_winner(gateway, listener, *winner)));
                continue;
            }
            if (const auto holder = holders.by_hostname.find(hostname);
                holder != holders.by_hostname.end()) {
                refuse(context,
                       gateway,
                       listener,
                       diag::Code::ListenerHostConflict,
                       fmt::format("{} as {}",
                                   same_hostname(listener),
                                   describe_winner(gateway, listener, *holder->second)));
                continue;
            }
        }
        holders.by_hostname.emplace(hostname, &listener);
        holders.by_family.emplace(family_of(listener), &listener);
    }
}

}  // namespace

void mark_conflicts(const Context& context, Gateway& gateway) {
    judge_own(context, gateway);
    if (gateway.listeners.size() > gateway.spec->listeners.size()) judge_sets(context, gateway);
}

void mark_tls_overlaps(Gateway& gateway) {
    std::map<std::pair<std::uint16_t, std::string>, std::vector<std::size_t>> by_name;
    for (const Listener& listener : gateway.listeners) {
        if (listener.protocol != Protocol::Https) continue;
        by_name[{listener.spec->port, listener.hostname}].push_back(listener.index);
    }
    const auto overlap = [&](Listener& listener, const std::string& name) {
        const auto found = by_name.find({listener.spec->port, name});
        if (found == by_name.end()) return;
        for (const std::size_t other : found->second) {
            if (other == listener.index) continue;
            listener.tls_overlaps.push_back(other);
            // The wider one does not look for narrower ones.
            if (name != listener.hostname) {
                gateway.listeners[other].tls_overlaps.push_back(listener.index);
            }
        }
    };
    for (Listener& listener : gateway.listeners) {
        if (listener.protocol != Protocol::Https) continue;
        overlap(listener, listener.hostname);
        if (listener.hostname.empty()) continue;
        overlap(listener, "");
        const std::size_t start = listener.hostname.starts_with("*.") ? 2 : 0;
        for (std::size_t dot = listener.hostname.find('.', start); dot != std::string::npos;
             dot = listener.hostname.find('.', dot + 1)) {
            overlap(listener, "*" + listener.hostname.substr(dot));
        }
    }
    for (Listener& listener : gateway.listeners)
        std::ranges::sort(listener.tls_overlaps);
}

}  // namespace gatefile::graph
