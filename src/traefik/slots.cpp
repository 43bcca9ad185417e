// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/traefik/static_config.hpp"

namespace gatefile::traefik {
namespace {

using base::Error;
using base::ErrorKind;

/// Ports of Gateways' listeners that an entry point serves: those mapped to its port, else its own.
std::vector<std::uint16_t> served_ports(const EntryPoint& entry_point,
                                        const SlotSettings& settings) {
    std::vector<std::uint16_t> ports;
    bool is_source = false;
    for (const auto& [listener_port, entry_point_port] : settings.port_map) {
        if (entry_point_port == entry_point.port) ports.push_back(listener_port);
        if (listener_port == entry_point.port) is_source = true;
    }
    // A mapped port is served elsewhere; an entry point that another port is mapped to keeps its
    // own.
    if (!is_source) ports.push_back(entry_point.port);
    std::ranges::sort(ports);
    const auto repeated = std::ranges::unique(ports);
    ports.erase(repeated.begin(), repeated.end());
    return ports;
}

std::vector<std::string> alterations(const EntryPoint& entry_point) {
    std::vector<std::string> found;
    for (const std::string& middleware : entry_point.middlewares) {
        found.push_back("runs the middleware " + base::quote_for_message(middleware));
    }
    if (entry_point.tls && entry_point.transport == graph::Transport::Tcp) {
        found.push_back("turns routers without TLS into routers with TLS");
    }
    return found;
}

base::Result<void>
add(graph::Slot& slot, const EntryPoint& entry_point, const SlotSettings& settings) {
    for (const std::uint16_t port : served_ports(entry_point, settings)) {
        for (const graph::SlotPort& other : slot.ports) {
            if (other.port != port || other.transport != entry_point.transport) continue;
            return Error{ErrorKind::Usage,
                         fmt::format("slot {} has two entry points for port {}: {} and {}",
                                     base::quote_for_message(slot.name),
                                     port,
                                     base::quote_for_message(other.entry_point),
                                     base::quote_for_message(entry_point.name))};
        }
        slot.ports.push_back({.port = port,
                              .transport = entry_point.transport,
                              .entry_point = entry_point.name,
                              .bound_port = entry_point.port,
                              .redirects_to = entry_point.redirects_to,
                              .alterations = alterations(entry_point),
                              .trusts_forwarded = entry_point.trusts_forwarded_headers});
    }
    return {};
}

void sort_ports(graph::Slot& slot) {
    std::ranges::sort(slot.ports, {}, [](const graph::SlotPort& port) {
        return std::pair(port.port, port.transport);
    });
}

base::Result<graph::Slot> named_slot(const StaticConfig& config,
                                     const SlotSettings& settings,
                                     const SlotSettings::Named& named) {
    graph::Slot slot{.name = named.name, .address = named.address};
    std::optional<std::string> bind_address;
    for (const std::string& wanted : named.entry_points) {
        const auto found = std::ranges::find(config.entry_points, wanted, &EntryPoint::name);
        if (found == config.entry_points.end()) {
            return Error{
                ErrorKind::Usage,
                fmt::format("slot {} names the entry point {}, which Traefik does not have",
                            base::quote_for_message(named.name),
                            base::quote_for_message(wanted))};
        }
        if (auto added = add(slot, *found, settings); !added) return added.error();
        if (!bind_address) bind_address = found->host;
        if (*bind_address != found->host) bind_address = "";
    }
    if (!slot.address && bind_address && !bind_address->empty()) slot.address = bind_address;
    sort_ports(slot);
    return slot;
}

bool is_on_loopback(const EntryPoint& entry_point) {
    return entry_point.host.starts_with("127.") || entry_point.host == "::1" ||
           entry_point.host == "localhost";
}

/// Traefik puts its API on the entry point of this name unless told otherwise.
bool is_inward(const EntryPoint& entry_point) {
    return entry_point.name == "traefik" || is_on_loopback(entry_point);
}

base::Result<std::vector<graph::Slot>> slots_by_address(const StaticConfig& config,
                                                        const SlotSettings& settings) {
    std::map<std::string, graph::Slot> by_host;
    const auto& all = config.entry_points;
    const bool inward_only = std::ranges::all_of(all, is_inward);
    for (const EntryPoint& entry_point : all) {
        // Traefik's own API, dashboard and metrics are nobody's Gateway.
        if (is_inward(entry_point) && !inward_only) continue;
        if (entry_point.name == inner_entry_point_name) continue;
        const bool any =
            entry_point.host.empty() || entry_point.host == "0.0.0.0" || entry_point.host == "::";
        graph::Slot& slot = by_host[any ? "" : entry_point.host];
        slot.name = any ? "default" : entry_point.host;
        if (!any) slot.address = entry_point.host;
        if (auto added = add(slot, entry_point, settings); !added) return added.error();
    }
    std::vector<graph::Slot> slots;
    for (auto& [host, slot] : by_host) {
        sort_ports(slot);
        slots.push_back(std::move(slot));
    }
    return slots;
}

}  // namespace

const EntryPoint* find_inner_entry_point(const StaticConfig& config) {
    const auto found =
        std::ranges::find(config.entry_points, inner_entry_point_name, &EntryPoint::name);
    if (found == config.entry_points.end()) return nullptr;
    const bool fit = is_on_loopback(*found) && found->transport == graph::Transport::Tcp &&
                     found->trusts_forwarded_headers && found->redirects_to.empty() &&
                     found->middlewares.empty() && !found->tls;
    return fit ? &*found : nullptr;
}

base::Result<std::vector<graph::Slot>> make_slots(const StaticConfig& config,
                                                  const SlotSettings& settings) {
    if (settings.slots.empty()) return slots_by_address(config, settings);
    std::vector<graph::Slot> slots;
    std::map<std::string, std::string> owners;
    for (const SlotSettings::Named& named : settings.slots) {
        for (const std::string& entry_point : named.entry_points) {
            const auto [owner, is_new] = owners.emplace(entry_point, named.name);
            if (is_new) continue;
            return Error{ErrorKind::Usage,
                         fmt::format("entry point {} is in the slots {} and {}",
                                     base::quote_for_message(entry_point),
                                     base::quote_for_message(owner->second),
                                     base::quote_for_message(named.name))};
        }
        auto slot = named_slot(config, settings, named);
        if (!slot) return slot.error();
        slots.push_back(std::move(*slot));
    }
    return slots;
}

}  // namespace gatefile::traefik
