// SPDX-License-Identifier: Apache-2.0
#include "gateway.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <utility>

#include <fmt/format.h>

#include "fold.hpp"
#include "gatefile/base/strings.hpp"
#include "listener.hpp"

namespace gatefile::status {
namespace {

constexpr std::string_view api_version = "gateway.networking.k8s.io/v1";

/// ListenersNotValid goes with True while at least one listener is accepted, be it of a
/// ListenerSet.
Condition gateway_accepted(const graph::Gateway& gateway,
                           ObjectFaults faults,
                           const std::vector<ListenerStatus>& listeners,
                           std::int64_t generation) {
    const FaultList own = of_object(faults, diag::Condition::Accepted);
    const bool all_valid = !any_listener(listeners, accepted_type, false);
    if (!own.empty() || all_valid) {
        return fold({accepted_type, accepted_type, "The Gateway is accepted"}, own, generation);
    }
    const bool some_valid =
        any_listener(listeners, accepted_type, true) || gateway.attached_listener_sets > 0;
    return make_condition(
        accepted_type, some_valid, "ListenersNotValid", describe_accepted(listeners), generation);
}

bool serves_set(const graph::Gateway& gateway) {
    return std::ranges::any_of(gateway.listeners, [](const graph::Listener& listener) {
        return listener.set != nullptr && listener.serves;
    });
}

Condition gateway_programmed(const graph::Gateway& gateway,
                             ObjectFaults faults,
                             const Condition& own_accepted,
                             const std::vector<ListenerStatus>& listeners,
                             std::int64_t generation) {
    const FaultList own = of_object(faults, diag::Condition::Programmed);
    const auto no = [&](const char* message) {
        return make_condition(programmed_type, false, "Invalid", message, generation);
    };
    if (own.empty() && !own_accepted.status) return no("The Gateway is not accepted");
    if (own.empty() && !any_listener(listeners, programmed_type, true) && !serves_set(gateway)) {
        return no("No listener can be served");
    }
    return fold({programmed_type, programmed_type, "The Gateway is served"}, own, generation);
}

/// A summary of the listeners'; left out while there is nothing to say (it is experimental).
void add_gateway_resolved_refs(const api::Gateway& gateway,
                               ObjectFaults faults,
                               const std::vector<ListenerStatus>& listeners,
                               std::vector<Condition>& conditions,
                               std::int64_t generation) {
    const FaultList own = of_object(faults, diag::Condition::ResolvedRefs);
    const bool refers = gateway.tls && gateway.tls->backend_client_certificate;
    if (!own.empty()) {
        conditions.push_back(fold({resolved_refs_type, resolved_refs_type, ""}, own, generation));
    } else if (any_listener(listeners, resolved_refs_type, false)) {
        conditions.push_back(make_condition(resolved_refs_type,
                                            false,
                                            "ListenersNotResolved",
                                            "References of a listener are not resolved",
                                            generation));
    } else if (refers) {
        conditions.push_back(make_condition(
            resolved_refs_type,
            true,
            resolved_refs_type,
            "All references are resolved",
            generation));
    }
}

bool is_ip_address(const std::string& text) {
    in6_addr address{};
    return inet_pton(AF_INET, text.c_str(), &address) == 1 ||
           inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

/// As asked for, else by what it looks like.
std::string type_of(const api::Gateway& gateway, const std::string& address) {
    for (const api::GatewayAddress& asked : gateway.addresses) {
        if (asked.value == address) return asked.type;
    }
    return is_ip_address(address) ? "IPAddress" : "Hostname";
}

}  // namespace

ObjectStatus class_status(const graph::GatewayClass& gateway_class,
                          const std::vector<std::string>& features,
                          const Faults& faults) {
    const api::Meta& meta = gateway_class.spec->meta;
    ObjectStatus status;
    status.object = {"GatewayClass", meta.ns, meta.name};
    status.api_version = api_version;
    const FaultList own = select(
        faults.of(status.object), diag::Condition::Accepted, [](const auto&) { return true; });
    status.conditions.push_back(
        fold({accepted_type, accepted_type, "The GatewayClass is accepted"}, own, meta.generation));
    status.supported_features = features;
    return status;
}

ObjectStatus gateway_status(const graph::Gateway& gateway, const Faults& faults) {
    const api::Meta& meta = gateway.spec->meta;
    ObjectStatus status;
    status.object = {"Gateway", meta.ns, meta.name};
    status.api_version = api_version;
    const ObjectFaults own = faults.of(status.object);
    for (const graph::Listener& listener : gateway.listeners) {
        if (listener.set != nullptr) continue;
        status.listeners.push_back(listener_status(gateway, listener, own, meta.generation));
    }
    status.attached_listener_sets = gateway.attached_listener_sets;
    status.conditions.push_back(gateway_accepted(gateway, own, status.listeners, meta.generation));
    status.conditions.push_back(gateway_programmed(
        gateway, own, status.conditions.front(), status.listeners, meta.generation));
    if (gateway.insecure_frontend) {
        status.conditions.push_back(make_condition("InsecureFrontendValidationMode",
                                                   true,
                                                   "ConfigurationChanged",
                                                   "Client certificates are not verified",
                                                   meta.generation));
    }
    add_gateway_resolved_refs(
        *gateway.spec, own, status.listeners, status.conditions, meta.generation);
    for (const std::string& address : gateway.addresses) {
        status.addresses.push_back({type_of(*gateway.spec, address), address});
    }
    return status;
}

}  // namespace gatefile::status
