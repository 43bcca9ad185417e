// SPDX-License-Identifier: Apache-2.0
#include "slots.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "addresses.hpp"
#include "gatefile/base/hash.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::graph {
namespace {

/// The Gateway that has each slot; null while it is free.
using Owners = std::vector<const Gateway*>;

diag::Path address_path(std::size_t index) {
    return diag::Path("spec.addresses") / index;
}

bool supported_type(const api::GatewayAddress& address) {
    return address.type == "IPAddress" || address.type == "Hostname";
}

/// Reports every address whose type cannot be given; the Gateway is not accepted then.
void check_types(const Context& context, Gateway& gateway) {
    for (std::size_t i = 0; i < gateway.spec->addresses.size(); ++i) {
        const api::GatewayAddress& address = gateway.spec->addresses[i];
        if (supported_type(address)) continue;
        gateway.accepted = false;
        report(context,
               *gateway.spec,
               address_path(i),
               {diag::Code::AddressUnsupported,
                fmt::format("addresses of type {} cannot be given",
                            base::quote_for_message(address.type)),
                "use IPAddress or Hostname, or leave spec.addresses out"});
    }
}

/// An address without value asks for any of its type.
bool has_no_value(const api::GatewayAddress& address) {
    return !address.value || address.value->empty();
}

bool takes_any(const Gateway& gateway) {
    const auto& addresses = gateway.spec->addresses;
    return addresses.empty() || std::any_of(addresses.begin(), addresses.end(), has_no_value);
}

/// A slot that does not know its own address is bound to all of its host and takes any.
bool has_types(const Slot& slot, const std::vector<api::GatewayAddress>& wanted) {
    return std::all_of(wanted.begin(), wanted.end(), [&](const api::GatewayAddress& address) {
        return !has_no_value(address) || !slot.address ||
               is_ip_address(*slot.address) == (address.type == "IPAddress");
    });
}

bool has_value(const Slot& slot, const api::GatewayAddress& address) {
    return !slot.address || same_address(*slot.address, *address.value);
}

/// Whether the Gateway may have the slot: nobody else has it, and its parameters name no other.
bool is_free(const Context& context,
             const Owners& owners,
             const Gateway& gateway,
             std::size_t slot) {
    const std::vector<Slot>& slots = context.capabilities.slots;
    if (gateway.parameters.slot && slots[slot].name != *gateway.parameters.slot) return false;
    return slots.size() == 1 || !owners[slot];
}

std::size_t served_ports(const Slot& slot, const Gateway& gateway) {
    const auto& listeners = gateway.listeners;
    const auto served = [&](const Listener& listener) {
        const Transport transport =
            listener.spec->protocol == "UDP" ? Transport::Udp : Transport::Tcp;
        return std::any_of(slot.ports.begin(), slot.ports.end(), [&](const SlotPort& port) {
            return port.port == listener.spec->port && port.transport == transport;
        });
    };
    return static_cast<std::size_t>(std::count_if(listeners.begin(), listeners.end(), served));
}

/// The free slot with the most of the Gateway's ports; of equals the first. None when none is free.
std::optional<std::size_t>
best_free_slot(const Context& context, const Owners& owners, const Gateway& gateway) {
    const std::vector<Slot>& slots = context.capabilities.slots;
    std::optional<std::size_t> best;
    std::size_t best_ports = 0;
    for (std::size_t i = 0; i < slots.size(); ++i) {
        if (!is_free(context, owners, gateway, i) || !has_types(slots[i], gateway.spec->addresses)) continue;
        const std::size_t ports = served_ports(slots[i], gateway);
        if (!best || ports > best_ports) {
            best = i;
            best_ports = ports;
        }
    }
    return best;
}

std::string known_addresses(const std::vector<Slot>& slots) {
    std::string text;
    for (const Slot& slot : slots) {
        if (!slot.address) continue;
        if (!text.empty()) text += ", ";
        text += *slot.address;
    }
    return text.empty() ? "none is known" : text;
}

void report_unusable(const Context& context,
                     const Owners& owners,
                     const Gateway& gateway,
                     std::size_t index) {
    const std::vector<Slot>& slots = context.capabilities.slots;
    const api::GatewayAddress& address = gateway.spec->addresses[index];
    const std::string quoted = base::quote_for_message(*address.value);
    const auto slot = std::find_if(
        slots.begin(), slots.end(), [&](const Slot& item) { return has_value(item, address); });
    if (slot == slots.end()) {
        report(context,
               *gateway.spec,
               address_path(index),
               {diag::Code::AddressNotUsable,
                fmt::format("no entry points have the address {}", quoted),
                "addresses of entry points: " + known_addresses(slots)});
        return;
    }
    const Gateway* owner = owners[static_cast<std::size_t>(slot - slots.begin())];
    report(context,
           *gateway.spec,
           address_path(index),
           {diag::Code::AddressNotUsable,
            owner && owner != &gateway
                ? fmt::format("the address {} belongs to Gateway {}",
                              quoted,
                              quoted_name(owner->spec->meta.ns, owner->spec->meta.name))
                : fmt::format("a Gateway gets one address, so {} is not given besides", quoted),
            {}});
}

void take(Gateway& gateway, Owners& owners, std::size_t slot) {
    gateway.slot = slot;
    owners[slot] = &gateway;
}

/// Gives the first address that is there and free; says why for the others.
void assign_by_value(const Context& context, Gateway& gateway, Owners& owners) {
    const std::vector<Slot>& slots = context.capabilities.slots;
    for (std::size_t i = 0; i < gateway.spec->addresses.size(); ++i) {
        const api::GatewayAddress& address = gateway.spec->addresses[i];
        if (has_no_value(address)) continue;
        if (gateway.slot && has_value(slots[*gateway.slot], address)) {
            gateway.addresses.push_back(*address.value);
            continue;
        }
        const std::size_t none = slots.size();
        std::size_t found = none;
        for (std::size_t s = 0; s < slots.size() && !gateway.slot; ++s) {
            if (!has_value(slots[s], address) || !is_free(context, owners, gateway, s)) continue;
            // A slot that is known to have the address goes before one that may have any.
            if (found == none || (!slots[found].address && slots[s].address)) found = s;
        }
        if (found == none) {
            report_unusable(context, owners, gateway, i);
            continue;
        }
        take(gateway, owners, found);
        gateway.addresses.push_back(*address.value);
    }
}

void assign_any(const Context& context, Gateway& gateway, Owners& owners) {
    const std::optional<std::size_t> slot = best_free_slot(context, owners, gateway);
    if (!slot && gateway.parameters.slot) {
        report(context,
               *gateway.spec,
               diag::Path("spec"),
               {diag::Code::AddressNotAssigned,
                fmt::format("the slot {}, which its parameters ask for, is another Gateway's or has "
                            "no address of the wanted type",
                            base::quote_for_message(*gateway.parameters.slot)),
                "name another slot, or none"});
        return;
    }
    if (!slot) {
        report(context,
               *gateway.spec,
               diag::Path("spec"),
               {diag::Code::AddressNotAssigned,
                gateway.spec->addresses.empty()
                    ? "no set of entry points is left for this Gateway"
                    : "no set of entry points with an address of the wanted type is left",
                "add entry points on an address of their own, or choose fewer Gateways with "
                "--gateway-class"});
        return;
    }
    take(gateway, owners, *slot);
    if (const auto& address = context.capabilities.slots[*slot].address) {
        gateway.addresses.push_back(*address);
    }
}

/// A Gateway keeps the address that it had, whoever comes before it by name.
void assign_held(const Context& context, Gateway& gateway, Owners& owners) {
    const std::vector<Slot>& slots = context.capabilities.slots;
    for (const api::GatewayAddress& held : gateway.spec->held_addresses) {
        if (has_no_value(held)) continue;
        for (std::size_t s = 0; s < slots.size(); ++s) {
            const bool is_it = slots[s].address && same_address(*slots[s].address, *held.value);
            if (!is_it || !is_free(context, owners, gateway, s) ||
                !has_types(slots[s], gateway.spec->addresses)) {
                continue;
            }
            take(gateway, owners, s);
            gateway.addresses.push_back(*slots[s].address);
            return;
        }
    }
}

std::vector<std::string> addresses_of(const api::Service* service) {
    if (service == nullptr) return {};
    if (!service->load_balancer.empty()) return service->load_balancer;
    const bool has_ip = service->cluster_ip && is_ip_address(*service->cluster_ip);
    return has_ip ? std::vector<std::string>{*service->cluster_ip} : std::vector<std::string>{};
}

std::vector<std::string> published_addresses(const Context& context) {
    const AddressSettings& settings = context.settings.addresses;
    if (!settings.fixed.empty() || !settings.service) return settings.fixed;
    return addresses_of(
        context.snapshot.find_service(settings.service->ns, settings.service->name));
}

/// Those of the Service that was made for it.
void report_service_address(const Context& context, Gateway& gateway) {
    if (!gateway.slot || !gateway.addresses.empty() || !gateway.spec->addresses.empty()) return;
    gateway.addresses = addresses_of(
        context.snapshot.find_service(gateway.spec->meta.ns, gateway_service_name(*gateway.spec)));
}

}  // namespace

std::string gateway_service_name(const api::Gateway& gateway) {
    constexpr std::size_t longest = 63;
    std::string name = "gatefile-" + gateway.meta.name;
    if (name.size() <= longest && name.find('.') == std::string::npos) return name;
    std::ranges::replace(name, '.', '-');
    return name.substr(0, longest - 9) + "-" + base::sha256_hex(gateway.meta.name).substr(0, 8);
}

void assign_slots(const Context& context, std::vector<Gateway>& gateways) {
    Owners owners(context.capabilities.slots.size(), nullptr);
    for (Gateway& gateway : gateways) {
        check_types(context, gateway);
        if (gateway.accepted) assign_by_value(context, gateway, owners);
    }
    for (Gateway& gateway : gateways) {
        if (gateway.accepted && !gateway.slot && takes_any(gateway)) {
            assign_held(context, gateway, owners);
        }
    }
    // Those for whom their class has chosen go first.
    for (const bool first : {true, false}) {
        for (Gateway& gateway : gateways) {
            if (gateway.slot_is_of_class != first) continue;
            if (gateway.accepted && !gateway.slot && takes_any(gateway)) {
                assign_any(context, gateway, owners);
            }
        }
    }
    if (context.capabilities.gateway_services) {
        for (Gateway& gateway : gateways)
            report_service_address(context, gateway);
    }
    const std::vector<std::string> published = published_addresses(context);
    if (published.empty()) return;
    for (Gateway& gateway : gateways) {
        if (gateway.slot && gateway.spec->addresses.empty()) gateway.addresses = published;
    }
}

}  // namespace gatefile::graph
