// SPDX-License-Identifier: Apache-2.0
#include "gatefile/analysis/static_needs.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "gatefile/graph/build.hpp"

namespace gatefile::analysis {

std::vector<NeededPort> needed_ports(const api::Snapshot& snapshot,
                                     const graph::Selection& selection) {
    std::map<std::pair<std::uint16_t, std::string>, std::set<std::string>> wanted;
    const auto add = [&](std::string_view kind, const auto& object) {
        for (const api::Listener& listener : object.listeners) {
            wanted[{listener.port, listener.protocol == "UDP" ? "udp" : "tcp"}].insert(fmt::format(
                "{} {}/{} listener {}", kind, object.meta.ns, object.meta.name, listener.name));
        }
    };
    for (const api::Gateway& gateway : snapshot.gateways) {
        if (graph::is_selected(snapshot, selection, gateway)) add("Gateway", gateway);
    }
    for (const api::ListenerSet& set : snapshot.listener_sets) {
        const api::Gateway* gateway = snapshot.find_gateway(
            set.parent_ref.ns ? *set.parent_ref.ns : set.meta.ns, set.parent_ref.name);
        if (gateway != nullptr && graph::is_selected(snapshot, selection, *gateway) &&
            graph::allows(snapshot, selection, *gateway, set)) {
            add("ListenerSet", set);
        }
    }
    std::vector<NeededPort> ports;
    for (const auto& [key, names] : wanted) {
        ports.push_back({key.first, key.second, {names.begin(), names.end()}});
    }
    return ports;
}

bool needs_inner_entry_point(const api::Snapshot& snapshot) {
    const bool has_members = !snapshot.members.empty();
    const auto has_deadline = [has_members](const api::HttpRouteRule& rule) {
        const bool retries = has_members || (rule.retry && rule.retry->attempts > 0);
        return retries && rule.timeouts && rule.timeouts->request &&
               rule.timeouts->request->count() > 0;
    };
    const auto asks = [](const std::vector<api::HttpFilter>& filters) {
        return std::ranges::any_of(filters, [](const api::HttpFilter& filter) {
            return std::holds_alternative<api::ExternalAuth>(filter);
        });
    };
    const auto has_asking = [&](const auto& object) {
        return std::ranges::any_of(object.listeners, [&](const api::Listener& listener) {
            return asks(listener.filters);
        });
    };
    if (std::ranges::any_of(snapshot.gateways, has_asking) ||
        std::ranges::any_of(snapshot.listener_sets, has_asking)) {
        return true;
    }
    return std::ranges::any_of(snapshot.http_routes, [&](const api::HttpRoute& route) {
        return std::ranges::any_of(route.rules, [&](const api::HttpRouteRule& rule) {
            return has_deadline(rule) || asks(rule.filters) ||
                   std::ranges::any_of(rule.backend_refs, [&](const api::HttpBackendRef& backend) {
                       return asks(backend.filters);
                   });
        });
    });
}

}  // namespace gatefile::analysis
