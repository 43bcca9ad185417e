// SPDX-License-Identifier: Apache-2.0
#include "listener.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "fold.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::status {
namespace {

constexpr std::string_view invalid = "Invalid";

FaultList of_listener(ObjectFaults faults, diag::Condition condition, std::string_view name) {
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
                              const FaultList& faults,
                              std::int64_t generation) {
    const auto no = [&](std::string_view reason, std::string message) {
        return make_condition(programmed_type, false, reason, std::move(message), generation);
    };
    if (!own_accepted.status) {
        return no(listener.conflicted ? std::string_view(own_accepted.reason) : invalid,
                  "The listener is not accepted");
    }
    if (!gateway.accepted) return no(invalid, "The Gateway is not accepted");
    if (!gateway.slot) return no("Pending", "The Gateway has no address");
    if (!listener.serves) return no(invalid, "The listener has no certificate that can be used");
    return fold({programmed_type, programmed_type, "The listener is served"}, faults, generation);
}

/// The names of listeners of others are not for everyone to see.
std::string name_overlaps(const graph::Gateway& gateway, const graph::Listener& listener) {
    constexpr std::size_t shown = 16;
    std::string names;
    std::size_t named = 0;
    for (const std::size_t index : listener.tls_overlaps) {
        const graph::Listener& other = gateway.listeners[index];
        if (other.set != listener.set || named == shown) continue;
        if (named++ > 0) names += ", ";
        names += base::quote_for_message(other.spec->name);
    }
    const std::size_t more = listener.tls_overlaps.size() - named;
    if (more == 0) return "listener " + names;
    return named == 0 ? fmt::format("{} listeners of others", more)
                      : fmt::format("listener {} and {} more", names, more);
}

/// ListenerConditionOverlappingTLSConfig: of negative polarity, so it is there only when true.
void add_overlap(const graph::Gateway& gateway,
                 const graph::Listener& listener,
                 std::vector<Condition>& conditions,
                 std::int64_t generation) {
    if (listener.tls_overlaps.empty()) return;
    conditions.push_back(
        make_condition("OverlappingTLSConfig",
                       true,
                       "OverlappingHostnames",
                       fmt::format("The hostname overlaps with that of {} on the same port; "
                                   "clients that reuse connections may be answered with 421",
                                   name_overlaps(gateway, listener)),
                       generation));
}

/// "\"a\" (ProtocolConflict), \"b\" (PortUnavailable)"
std::string list_refused(const std::vector<ListenerStatus>& listeners) {
    std::string text;
    for (const ListenerStatus& listener : listeners) {
        const Condition& condition = find(listener.conditions, accepted_type);
        if (condition.status) continue;
        if (!text.empty()) text += ", ";
        text += fmt::format("{} ({})", base::quote_for_message(listener.name), condition.reason);
    }
    return text;
}

std::string list_accepted(const std::vector<ListenerStatus>& listeners) {
    std::string text;
    for (const ListenerStatus& listener : listeners) {
        if (!find(listener.conditions, accepted_type).status) continue;
        if (!text.empty()) text += ", ";
        text += base::quote_for_message(listener.name);
    }
    return text;
}

}  // namespace

FaultList of_object(ObjectFaults faults, diag::Condition condition) {
    return select(faults, condition, [](const diag::Diagnostic& fault) { return !fault.listener; });
}

ListenerStatus listener_status(const graph::Gateway& gateway,
                               const graph::Listener& listener,
                               ObjectFaults faults,
                               std::int64_t generation) {
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
        fold({accepted_type, accepted_type, "The listener is accepted"}, refusals, generation));
    status.conditions.push_back(
        listener_programmed(gateway,
                            listener,
                            status.conditions.front(),
                            of_listener(faults, diag::Condition::Programmed, name),
                            generation));
    status.conditions.push_back(
        fold({resolved_refs_type, resolved_refs_type, "All references are resolved"},
             of_listener(faults, diag::Condition::ResolvedRefs, name),
             generation));
    if (!conflicts.empty()) {
        status.conditions.push_back(make_condition(
            "Conflicted", true, reason_of(*conflicts.front()), describe(conflicts), generation));
    }
    add_overlap(gateway, listener, status.conditions, generation);
    const FaultList shared = of_listener(faults, diag::Condition::Shared, name);
    if (!shared.empty()) {
        status.conditions.push_back(
            make_condition(diag::condition_name(diag::Condition::Shared),
                           true,
                           reason_of(*shared.back()),
                           describe(shared),
                           generation));
    }
    return status;
}

bool any_listener(const std::vector<ListenerStatus>& listeners,
                  std::string_view type,
                  bool is_true) {
    return std::any_of(listeners.begin(), listeners.end(), [&](const ListenerStatus& listener) {
        return find(listener.conditions, type).status == is_true;
    });
}

std::string describe_accepted(const std::vector<ListenerStatus>& listeners) {
    std::string message = "Listeners not accepted: " + list_refused(listeners);
    if (any_listener(listeners, accepted_type, true)) {
        message += "; accepted: " + list_accepted(listeners);
    }
    return message;
}

}  // namespace gatefile::status
