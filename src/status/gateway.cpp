// SPDX-License-Identifier: Apache-2.0
#include "gateway.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <utility>

#include <fmt/format.h>

#include "fold.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::status {
namespace {

constexpr std::string_view api_version = "gateway.networking.k8s.io/v1";
constexpr std::string_view accepted = "Accepted";
constexpr std::string_view programmed = "Programmed";
constexpr std::string_view resolved_refs = "ResolvedRefs";
constexpr std::string_view invalid = "Invalid";

using GatewayFaults = std::span<const diag::Diagnostic* const>;

FaultList of_gateway(GatewayFaults faults, diag::Condition condition) {
    return select(faults, condition, [](const diag::Diagnostic& fault) { return !fault.listener; });
}

FaultList of_listener(GatewayFaults faults, diag::Condition condition, std::string_view name) {
    return select(faults, condition, [&](const diag::Diagnostic& fault) {
        return fault.listener && *fault.listener == name;
    });
}

const Condition& find(const std::vector<Condition>& conditions, std::string_view type) {
    return *std::find_if(conditions.begin(), conditions.end(), [&](const Condition& condition) {
        return condition.type == type;
    });
}

/// Whether the listener's configuration goes out, and if not, whose fault that is.
Condition listener_programmed(const graph::Gateway& gateway,
                              const graph::Listener& listener,
                              const Condition& own_accepted,
                              std::int64_t generation) {
    const auto no = [&](std::string_view reason, std::string message) {
        return make_condition(programmed, false, reason, std::move(message), generation);
    };
    if (!own_accepted.status) {
        return no(listener.conflicted ? std::string_view(own_accepted.reason) : invalid,
                  "The listener is not accepted");
    }
    if (!gateway.accepted) return no(invalid, "The Gateway is not accepted");
    if (!gateway.slot) return no("Pending", "The Gateway has no address");
    if (!listener.serves) return no(invalid, "The listener has no certificate that can be used");
    return make_condition(programmed, true, programmed, "The listener is served", generation);
}

/// ListenerConditionOverlappingTLSConfig: of negative polarity, so it is there only when true.
void add_overlap(const graph::Gateway& gateway,
                 const graph::Listener& listener,
                 std::vector<Condition>& conditions,
                 std::int64_t generation) {
    if (listener.tls_overlaps.empty()) return;
    std::string names;
    for (const std::size_t index : listener.tls_overlaps) {
        if (!names.empty()) names += ", ";
        names += base::quote_for_message(gateway.listeners[index].spec->name);
    }
    conditions.push_back(make_condition(
        "OverlappingTLSConfig",
        true,
        "OverlappingHostnames",
        fmt::format("The hostname overlaps with that of listener {} on the same port; "
                    "clients that reuse connections may be answered with 421",
                    names),
        generation));
}

ListenerStatus listener_status(const graph::Gateway& gateway,
                               const graph::Listener& listener,
                               GatewayFaults faults) {
    const std::int64_t generation = gateway.spec->meta.generation;
    const std::string& name = listener.spec->name;
    const FaultList conflicts = of_listener(faults, diag::Condition::Conflicted, name);
    // A listener that is not distinct is not accepted either.
    FaultList refusals = conflicts;
    const FaultList own = of_listener(faults, diag::Condition::Accepted, name);
    refusals.insert(refusals.end(), own.begin(), own.end());

    ListenerStatus status;
    status.name = name;
    status.supported_kinds = listener.supported_kinds;
    status.attached_routes = listener.attached_routes;
    status.conditions.push_back(
        fold({accepted, accepted, "The listener is accepted"}, refusals, generation));
    status.conditions.push_back(
        listener_programmed(gateway, listener, status.conditions.front(), generation));
    status.conditions.push_back(fold({resolved_refs, resolved_refs, "All references are resolved"},
                                     of_listener(faults, diag::Condition::ResolvedRefs, name),
                                     generation));
    if (!conflicts.empty()) {
        status.conditions.push_back(make_condition(
            "Conflicted", true, reason_of(*conflicts.front()), describe(conflicts), generation));
    }
    add_overlap(gateway, listener, status.conditions, generation);
    return status;
}

/// "\"a\" (ProtocolConflict), \"b\" (PortUnavailable)"
std::string list_refused(const std::vector<ListenerStatus>& listeners) {
    std::string text;
    for (const ListenerStatus& listener : listeners) {
        const Condition& condition = find(listener.conditions, accepted);
        if (condition.status) continue;
        if (!text.empty()) text += ", ";
        text += fmt::format("{} ({})", base::quote_for_message(listener.name), condition.reason);
    }
    return text;
}

std::string list_accepted(const std::vector<ListenerStatus>& listeners) {
    std::string text;
    for (const ListenerStatus& listener : listeners) {
        if (!find(listener.conditions, accepted).status) continue;
        if (!text.empty()) text += ", ";
        text += base::quote_for_message(listener.name);
    }
    return text;
}

bool any_listener(const std::vector<ListenerStatus>& listeners,
                  std::string_view type,
                  bool is_true) {
    return std::any_of(listeners.begin(), listeners.end(), [&](const ListenerStatus& listener) {
        return find(listener.conditions, type).status == is_true;
    });
}

/// ListenersNotValid goes with True while at least one listener is accepted.
Condition gateway_accepted(GatewayFaults faults,
                           const std::vector<ListenerStatus>& listeners,
                           std::int64_t generation) {
    const FaultList own = of_gateway(faults, diag::Condition::Accepted);
    const bool all_valid = !any_listener(listeners, accepted, false);
    if (!own.empty() || all_valid) {
        return fold({accepted, accepted, "The Gateway is accepted"}, own, generation);
    }
    const bool some_valid = any_listener(listeners, accepted, true);
    std::string message = "Listeners not accepted: " + list_refused(listeners);
    if (some_valid) message += "; accepted: " + list_accepted(listeners);
    return make_condition(
        accepted, some_valid, "ListenersNotValid", std::move(message), generation);
}

Condition gateway_programmed(GatewayFaults faults,
                             const Condition& own_accepted,
                             const std::vector<ListenerStatus>& listeners,
                             std::int64_t generation) {
    const FaultList own = of_gateway(faults, diag::Condition::Programmed);
    const auto no = [&](const char* message) {
        return make_condition(programmed, false, invalid, message, generation);
    };
    if (own.empty() && !own_accepted.status) return no("The Gateway is not accepted");
    if (own.empty() && !any_listener(listeners, programmed, true)) {
        return no("No listener can be served");
    }
    return fold({programmed, programmed, "The Gateway is served"}, own, generation);
}

/// A summary of the listeners'; left out while there is nothing to say (it is experimental).
void add_gateway_resolved_refs(const api::Gateway& gateway,
                               GatewayFaults faults,
                               const std::vector<ListenerStatus>& listeners,
                               std::vector<Condition>& conditions,
                               std::int64_t generation) {
    const FaultList own = of_gateway(faults, diag::Condition::ResolvedRefs);
    const bool refers = gateway.tls && gateway.tls->backend_client_certificate;
    if (!own.empty()) {
        conditions.push_back(fold({resolved_refs, resolved_refs, ""}, own, generation));
    } else if (any_listener(listeners, resolved_refs, false)) {
        conditions.push_back(make_condition(resolved_refs,
                                            false,
                                            "ListenersNotResolved",
                                            "References of a listener are not resolved",
                                            generation));
    } else if (refers) {
        conditions.push_back(make_condition(
            resolved_refs, true, resolved_refs, "All references are resolved", generation));
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
        fold({accepted, accepted, "The GatewayClass is accepted"}, own, meta.generation));
    status.supported_features = features;
    return status;
}

ObjectStatus gateway_status(const graph::Gateway& gateway, const Faults& faults) {
    const api::Meta& meta = gateway.spec->meta;
    ObjectStatus status;
    status.object = {"Gateway", meta.ns, meta.name};
    status.api_version = api_version;
    const GatewayFaults own = faults.of(status.object);
    for (const graph::Listener& listener : gateway.listeners) {
        status.listeners.push_back(listener_status(gateway, listener, own));
    }
    status.conditions.push_back(gateway_accepted(own, status.listeners, meta.generation));
    status.conditions.push_back(
        gateway_programmed(own, status.conditions.front(), status.listeners, meta.generation));
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
