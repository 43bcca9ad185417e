// SPDX-License-Identifier: Apache-2.0
#include "ownership.hpp"

#include <string_view>
#include <utility>

namespace gatefile::agent {

status::OwnsGateway ownership(std::shared_ptr<const api::Snapshot> snapshot,
                              const graph::Selection& selection) {
    return [snapshot = std::move(snapshot),
            &selection](std::string_view kind, std::string_view ns, std::string_view name) {
        const bool is_set = kind == "ListenerSet";
        const api::ListenerSet* set = is_set ? snapshot->find_listener_set(ns, name) : nullptr;
        if (set != nullptr) {
            ns = set->parent_ref.ns ? *set->parent_ref.ns : set->meta.ns;
            name = set->parent_ref.name;
        }
        const api::Gateway* gateway =
            is_set && set == nullptr ? nullptr : snapshot->find_gateway(ns, name);
        if (gateway != nullptr) return graph::is_selected(*snapshot, selection, *gateway);
        const api::LabelSelector& labels = selection.gateway_selector;
        return selection.gateway_classes.empty() && labels.match_labels.empty() &&
               labels.match_expressions.empty();
    };
}

}  // namespace gatefile::agent
