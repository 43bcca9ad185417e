// SPDX-License-Identifier: Apache-2.0
#include "gatefile/analysis/static_needs.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace gatefile::analysis {

namespace {

bool is_ours(const api::Snapshot& snapshot,
             const api::Gateway& gateway,
             const graph::Selection& selection) {
    const api::GatewayClass* found = snapshot.find_gateway_class(gateway.gateway_class_name);
    if (found == nullptr || found->controller_name != selection.controller_name) return false;
    const auto& wanted = selection.gateway_classes;
    return wanted.empty() ||
           std::find(wanted.begin(), wanted.end(), gateway.gateway_class_name) != wanted.end();
}

}  // namespace

std::vector<NeededPort> needed_ports(const api::Snapshot& snapshot,
                                     const graph::Selection& selection) {
    std::map<std::pair<std::uint16_t, std::string>, std::set<std::string>> wanted;
    for (const api::Gateway& gateway : snapshot.gateways) {
        if (!is_ours(snapshot, gateway, selection)) continue;
        for (const api::Listener& listener : gateway.listeners) {
            wanted[{listener.port, listener.protocol == "UDP" ? "udp" : "tcp"}].insert(fmt::format(
                "Gateway {}/{} listener {}", gateway.meta.ns, gateway.meta.name, listener.name));
        }
    }
    std::vector<NeededPort> ports;
    for (const auto& [key, names] : wanted) {
        ports.push_back({key.first, key.second, {names.begin(), names.end()}});
    }
    return ports;
}

}  // namespace gatefile::analysis
