// SPDX-License-Identifier: Apache-2.0
#include "ownership.hpp"

#include <algorithm>
#include <utility>

namespace gatefile::agent {

namespace {

struct Ownership {
    std::shared_ptr<const api::Snapshot> snapshot;
    Scope scope;
    std::shared_ptr<const Told> told;

    bool operator()(std::string_view kind, std::string_view ns, std::string_view name) const {
        if (!scope.watches(ns)) return false;
        if (kind != "ListenerSet") return owns_gateway(ns, name);
        const api::ListenerSet* set = snapshot->find_listener_set(ns, name);
        if (set == nullptr) return was_ours("ListenerSet", ns, name);
        const std::string& of_gateway = set->parent_ref.ns ? *set->parent_ref.ns : set->meta.ns;
        return scope.watches(of_gateway) && owns_gateway(of_gateway, set->parent_ref.name);
    }

    bool owns_gateway(std::string_view ns, std::string_view name) const {
        const api::Gateway* gateway = snapshot->find_gateway(ns, name);
        if (gateway == nullptr) return was_ours("Gateway", ns, name);
        if (graph::is_selected(*snapshot, scope.selection, *gateway)) return true;
        const api::GatewayClass* of = snapshot->find_gateway_class(gateway->gateway_class_name);
        if (of == nullptr) return was_ours("Gateway", ns, name);
        return of->controller_name != scope.selection.controller_name;
    }

    bool was_ours(std::string_view kind, std::string_view ns, std::string_view name) const {
        return scope.has_every_gateway() ||
               (told != nullptr &&
                told->contains({std::string(kind), std::string(ns), std::string(name)}));
    }
};

}  // namespace

bool Scope::watches(std::string_view ns) const {
    return namespaces.empty() || std::ranges::find(namespaces, ns) != namespaces.end();
}

bool Scope::has_whole_classes() const {
    return namespaces.empty() && selection.gateway_selector.match_labels.empty() &&
           selection.gateway_selector.match_expressions.empty();
}

bool Scope::has_every_gateway() const {
    return selection.gateway_classes.empty() && selection.gateway_selector.match_labels.empty() &&
           selection.gateway_selector.match_expressions.empty();
}

std::shared_ptr<const Told> with_told(std::shared_ptr<const Told> before,
                                      const graph::Graph& graph) {
    Told now;
    for (const graph::Gateway& gateway : graph.gateways)
        now.insert({"Gateway", gateway.spec->meta.ns, gateway.spec->meta.name});
    for (const graph::ListenerSet& set : graph.listener_sets)
        now.insert({"ListenerSet", set.spec->meta.ns, set.spec->meta.name});
    if (before != nullptr && std::ranges::includes(*before, now)) return before;
    if (before != nullptr) now.insert(before->begin(), before->end());
    return std::make_shared<const Told>(std::move(now));
}

status::OwnsGateway ownership(std::shared_ptr<const api::Snapshot> snapshot,
                              Scope scope,
                              std::shared_ptr<const Told> told) {
    return Ownership{std::move(snapshot), scope, std::move(told)};
}

}  // namespace gatefile::agent
