// SPDX-License-Identifier: Apache-2.0
#include "conflicts.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "hostnames.hpp"

namespace gatefile::graph {
namespace {

/// Listeners of other protocols are refused by themselves and take no part.
std::vector<std::size_t> by_port(const Gateway& gateway) {
    std::vector<std::size_t> order;
    for (const Listener& listener : gateway.listeners) {
        if (listener.protocol != Protocol::Unsupported) order.push_back(listener.index);
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        const Listener& left = gateway.listeners[a];
        const Listener& right = gateway.listeners[b];
        return std::tie(left.spec->port, left.hostname) <
               std::tie(right.spec->port, right.hostname);
    });
    return order;
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

void refuse(const Context& context,
            Gateway& gateway,
            std::span<const std::size_t> group,
            diag::Code code,
            const char* field,
            std::string_view what) {
    for (const std::size_t index : group) {
        Listener& listener = gateway.listeners[index];
        listener.conflicted = true;
        listener.accepted = false;
        report(context,
               *gateway.spec,
               listener,
               diag::Path(field),
               {code,
                fmt::format("{} as listener {}", what, others(gateway, group, index)),
                "give the listeners different ports or hostnames, or remove all but one"});
    }
}

bool differ_in_protocol(const Gateway& gateway, std::span<const std::size_t> group) {
    return std::any_of(group.begin(), group.end(), [&](std::size_t index) {
        return gateway.listeners[index].protocol != gateway.listeners[group[0]].protocol;
    });
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

}  // namespace

void mark_conflicts(const Context& context, Gateway& gateway) {
    const std::vector<std::size_t> order = by_port(gateway);
    const auto port = [&](std::size_t index) { return gateway.listeners[index].spec->port; };
    const auto hostname = [&](std::size_t index) -> const std::string& {
        return gateway.listeners[index].hostname;
    };
    for_each_run(order, port, [&](std::span<const std::size_t> same_port) {
        if (differ_in_protocol(gateway, same_port)) {
            refuse(context,
                   gateway,
                   same_port,
                   diag::Code::ListenerProtocolConflict,
                   "protocol",
                   "another protocol on the same port");
            return;
        }
        for_each_run(same_port, hostname, [&](std::span<const std::size_t> same_hostname) {
            if (same_hostname.size() < 2) return;
            refuse(context,
                   gateway,
                   same_hostname,
                   diag::Code::ListenerHostConflict,
                   "hostname",
                   "the same port, protocol and hostname");
        });
    });
}

void mark_tls_overlaps(Gateway& gateway) {
    for (Listener& listener : gateway.listeners) {
        if (listener.protocol != Protocol::Https) continue;
        for (const Listener& other : gateway.listeners) {
            if (other.protocol == Protocol::Https && other.index != listener.index &&
                other.spec->port == listener.spec->port &&
                hostnames_overlap(other.hostname, listener.hostname)) {
                listener.tls_overlaps.push_back(other.index);
            }
        }
    }
}

}  // namespace gatefile::graph
