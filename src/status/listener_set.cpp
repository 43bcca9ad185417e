// SPDX-License-Identifier: Apache-2.0
#include "listener_set.hpp"

#include <span>
#include <string>

#include "fold.hpp"
#include "listener.hpp"

namespace gatefile::status {
namespace {

constexpr std::string_view not_valid = "ListenersNotValid";

/// The same word for both conditions; "Programmed" has one of its own for the parent.
struct Refusal {
    std::string_view accepted_reason;
    std::string_view programmed_reason;
    std::string message;
};

void refuse(ObjectStatus& status, const Refusal& refusal, std::int64_t generation) {
    status.conditions.push_back(
        make_condition(accepted_type, false, refusal.accepted_reason, refusal.message, generation));
    status.conditions.push_back(make_condition(
        programmed_type, false, refusal.programmed_reason, refusal.message, generation));
}

Condition accepted(const std::vector<ListenerStatus>& listeners, std::int64_t generation) {
    if (!any_listener(listeners, accepted_type, false)) {
        return make_condition(
            accepted_type, true, accepted_type, "The ListenerSet is accepted", generation);
    }
    return make_condition(accepted_type, true, not_valid, describe_accepted(listeners), generation);
}

Condition programmed(const graph::Gateway& gateway,
                     const std::vector<ListenerStatus>& listeners,
                     std::int64_t generation) {
    if (any_listener(listeners, programmed_type, true)) {
        return make_condition(
            programmed_type, true, programmed_type, "The ListenerSet is served", generation);
    }
    if (!gateway.slot) {
        return make_condition(programmed_type,
                              false,
                              "ParentNotProgrammed",
                              "The Gateway has no address",
                              generation);
    }
    return make_condition(
        programmed_type, false, not_valid, "No listener can be served", generation);
}

}  // namespace

ObjectStatus listener_set_status(const graph::Graph& graph,
                                 const graph::ListenerSet& set,
                                 const Faults& faults) {
    const api::Meta& meta = set.spec->meta;
    const graph::Gateway& gateway = graph.gateways[set.gateway];
    ObjectStatus status;
    status.object = {"ListenerSet", meta.ns, meta.name};
    status.api_version = "gateway.networking.k8s.io/v1";
    const ObjectFaults own = faults.of(status.object);
    if (!set.allowed) {
        const FaultList refusals = of_object(own, diag::Condition::Accepted);
        refuse(status, {"NotAllowed", "NotAllowed", describe(refusals)}, meta.generation);
        return status;
    }
    const auto listeners =
        std::span(gateway.listeners).subspan(set.first_listener, set.spec->listeners.size());
    for (const graph::Listener& listener : listeners) {
        status.listeners.push_back(listener_status(gateway, listener, own, meta.generation));
    }
    if (!gateway.accepted) {
        refuse(status,
               {"ParentNotAccepted", "ParentNotProgrammed", "The Gateway is not accepted"},
               meta.generation);
    } else if (!set.accepted) {
        refuse(
            status, {not_valid, not_valid, "None of the listeners can be served"}, meta.generation);
    } else {
        status.conditions.push_back(accepted(status.listeners, meta.generation));
        status.conditions.push_back(programmed(gateway, status.listeners, meta.generation));
    }
    return status;
}

}  // namespace gatefile::status
