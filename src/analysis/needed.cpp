// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatefile/analysis/roles.hpp"
#include "gatefile/graph/build.hpp"
#include "route_secrets.hpp"

namespace gatefile::analysis {

namespace {

constexpr std::string_view gateway_group = "gateway.networking.k8s.io";

using Objects = std::set<diag::ObjectRef>;

/// What is followed by name of what a reference may lead to.
bool is_followed(const api::ObjectReference& ref) {
    return (ref.group.empty() && (ref.kind == "Secret" || ref.kind == "ConfigMap")) ||
           (ref.group == "certificates.k8s.io" && ref.kind == "ClusterTrustBundle");
}

/// A Gateway or ListenerSet that refers to certificates.
class Owner {
public:
    Owner(const api::Snapshot& snapshot, std::string_view kind, const std::string& ns)
        : snapshot_(snapshot), kind_(kind), ns_(ns) {}

    void add(const api::ObjectReference& ref, Objects& objects) const {
        if (!is_followed(ref)) return;
        if (!ref.group.empty()) {
            objects.insert({ref.kind, {}, ref.name});
            return;
        }
        diag::ObjectRef object{ref.kind, ref.ns.value_or(ns_), ref.name};
        if (may_refer(object)) objects.insert(std::move(object));
    }
    void add(const std::vector<api::ObjectReference>& refs, Objects& objects) const {
        for (const api::ObjectReference& ref : refs)
            add(ref, objects);
    }
    void add(const std::optional<api::FrontendValidation>& validation, Objects& objects) const {
        if (validation) add(validation->ca_certificate_refs, objects);
    }
    void add(const std::vector<api::Listener>& listeners, Objects& objects) const {
        for (const api::Listener& listener : listeners) {
            if (!listener.tls) continue;
            for (const api::ObjectReference& ref : listener.tls->certificate_refs) {
                if (ref.kind == "Secret") add(ref, objects);
            }
        }
    }

private:
    bool may_refer(const diag::ObjectRef& object) const {
        return object.ns == ns_ ||
               std::ranges::any_of(snapshot_.reference_grants,
                                   [&](const auto& grant) { return permits(grant, object); });
    }

    bool permits(const api::ReferenceGrant& grant, const diag::ObjectRef& object) const {
        return grant.meta.ns == object.ns &&
               std::ranges::any_of(grant.from,
                                   [&](const auto& from) {
                                       return from.group == gateway_group && from.kind == kind_ &&
                                              from.ns == ns_;
                                   }) &&
               std::ranges::any_of(grant.to, [&](const auto& to) {
                   return to.group.empty() && to.kind == object.kind &&
                          (!to.name || *to.name == object.name);
               });
    }

    const api::Snapshot& snapshot_;
    std::string_view kind_;
    const std::string& ns_;
};

template <typename Ref>
void add_parameters(const Ref& ref, const std::string& ns, Objects& objects) {
    if (ref.group.empty() && ref.kind == "ConfigMap") objects.insert({ref.kind, ns, ref.name});
}

void add_gateway(const api::Snapshot& snapshot, const api::Gateway& gateway, Objects& objects) {
    const Owner owner(snapshot, "Gateway", gateway.meta.ns);
    owner.add(gateway.listeners, objects);
    if (gateway.infrastructure && gateway.infrastructure->parameters_ref) {
        add_parameters(*gateway.infrastructure->parameters_ref, gateway.meta.ns, objects);
    }
    if (!gateway.tls) return;
    if (const auto& shown = gateway.tls->backend_client_certificate;
        shown && shown->kind == "Secret") {
        owner.add(*shown, objects);
    }
    owner.add(gateway.tls->frontend_default, objects);
    for (const api::GatewayTls::PerPort& port : gateway.tls->frontend_per_port)
        owner.add(port.validation, objects);
}

}  // namespace

std::vector<diag::ObjectRef> needed_by_name(const api::Snapshot& snapshot,
                                            const graph::Selection& selection) {
    Objects objects;
    for (const api::GatewayClass& one : snapshot.gateway_classes) {
        if (graph::is_selected(selection, one) && one.parameters_ref && one.parameters_ref->ns) {
            add_parameters(*one.parameters_ref, *one.parameters_ref->ns, objects);
        }
    }
    for (const api::Gateway& gateway : snapshot.gateways) {
        if (graph::is_selected(snapshot, selection, gateway)) {
            add_gateway(snapshot, gateway, objects);
        }
    }
    for (const api::ListenerSet& set : snapshot.listener_sets) {
        const api::Gateway* gateway = snapshot.find_gateway(
            set.parent_ref.ns ? *set.parent_ref.ns : set.meta.ns, set.parent_ref.name);
        if (gateway != nullptr && graph::is_selected(snapshot, selection, *gateway) &&
            graph::allows(snapshot, selection, *gateway, set)) {
            Owner(snapshot, "ListenerSet", set.meta.ns).add(set.listeners, objects);
        }
    }
    add_route_secrets(snapshot, selection, objects);
    add_authorities(snapshot, selection, objects);
    return {objects.begin(), objects.end()};
}

}  // namespace gatefile::analysis
