// SPDX-License-Identifier: Apache-2.0
#include "gatefile/status/write.hpp"

#include <utility>
#include <vector>

#include "encoder.hpp"
#include "gatefile/tree/write.hpp"
#include "held.hpp"

namespace gatefile::status {
namespace {

using tree::Node;

bool has_atomic_parents(std::string_view kind) {
    return kind != "GatewayClass" && kind != "Gateway" && kind != "ListenerSet";
}

/// A merge patch that the API server takes only while it has what was read.
Write guarded(Encoder& encoder, const Held& held, Node status) {
    const Node metadata =
        encoder.map({{"resourceVersion", {}, encoder.text(held.resource_version)}});
    const Node body = encoder.map({{"metadata", {}, metadata}, {"status", {}, status}});
    return {"PATCH",
            "fieldManager=gatefile",
            "application/merge-patch+json",
            tree::write_json(body, tree::JsonStyle::Compact)};
}

std::optional<Write> plan_apply(const ObjectStatus& wanted, const Held& held, base::Timestamp now) {
    if (wanted.conditions.empty() || says(held.status, wanted)) return std::nullopt;
    tree::Arena arena;
    Encoder encoder(now, arena);
    // An apply takes back only what we alone have applied: what another program wrote for the
    // Gateway before us would stay, and differ for ever.
    if (has_leftovers(held.status, wanted)) {
        return guarded(encoder, held, encoder.status(wanted, held.status, Foreign::Keep));
    }
    return Write{"PATCH",
                 "fieldManager=gatefile&force=true",
                 "application/apply-patch+yaml",
                 tree::write_json(encoder.object(wanted, held.status), tree::JsonStyle::Compact)};
}

/// One entry of the list as it will be: as held, or ours anew.
struct PlannedParent {
    const Node* held = nullptr;
    const RouteParentStatus* ours = nullptr;
};

struct ParentPlan {
    std::vector<PlannedParent> parents;
    bool differs = false;
};

/// The entry of ours that a held one was written for, unless another has it already.
const RouteParentStatus*
take(const ObjectStatus& wanted, const Node& held_parent, std::vector<bool>& taken) {
    const std::string_view reference = entry_words(wanted.object.kind).reference;
    for (std::size_t i = 0; i < wanted.parents.size(); ++i) {
        const api::ParentRef& ref = wanted.parents[i].parent_ref;
        if (taken[i] || !is_for(held_parent, reference, ref, wanted.object.ns)) continue;
        taken[i] = true;
        return &wanted.parents[i];
    }
    return nullptr;
}

/// Others' entries and those of ours that stay keep their places; new ones come last, as far as
/// there is room.
bool is_owned(const Node& held_parent, const diag::ObjectRef& object, const OwnsGateway& owns) {
    const Node* ref = held_parent.find(entry_words(object.kind).reference);
    if (!owns || ref == nullptr) return true;
    return owns(text_of(*ref, "kind", "Gateway"),
                text_of(*ref, "namespace", object.ns),
                text_of(*ref, "name"));
}

ParentPlan plan_parents(const ObjectStatus& wanted,
                        const Node* held,
                        const std::string& controller_name,
                        const OwnsGateway& owns) {
    ParentPlan plan;
    std::vector<bool> taken(wanted.parents.size(), false);
    for (const Node& item : items_of(held)) {
        if (text_of(item, "controllerName") != controller_name) {
            plan.parents.push_back({&item, nullptr});
        } else if (const RouteParentStatus* ours = take(wanted, item, taken)) {
            plan.differs = plan.differs || !says(item, *ours);
            plan.parents.push_back({&item, ours});
        } else if (!is_owned(item, wanted.object, owns)) {
            plan.parents.push_back({&item, nullptr});
        } else {
            plan.differs = true;
        }
    }
    for (std::size_t i = 0; i < wanted.parents.size(); ++i) {
        if (taken[i] || plan.parents.size() >= entry_words(wanted.object.kind).most) continue;
        plan.differs = true;
        plan.parents.push_back({nullptr, &wanted.parents[i]});
    }
    return plan;
}

std::optional<Write> plan_merge(const ObjectStatus& wanted,
                                const Held& held,
                                const std::string& controller_name,
                                base::Timestamp now,
                                const OwnsGateway& owns) {
    const EntryWords words = entry_words(wanted.object.kind);
    const ParentPlan plan =
        plan_parents(wanted, held.status.find(words.list), controller_name, owns);
    if (!plan.differs) return std::nullopt;
    tree::Arena arena;
    Encoder encoder(now, arena);
    std::vector<Node> parents;
    for (const PlannedParent& parent : plan.parents) {
        parents.push_back(parent.ours != nullptr
                              ? encoder.parent(*parent.ours, words.reference, parent.held)
                              : *parent.held);
    }
    return guarded(encoder, held, encoder.map({{words.list, {}, encoder.list(parents)}}));
}

}  // namespace

ObjectStatus beside_others(ObjectStatus wanted, const Held& held) {
    for (Condition& condition : wanted.conditions) {
        const Node* said = find_item(held.status.find("conditions"), "type", condition.type);
        if (said == nullptr) continue;
        const bool is_true = text_of(*said, "status") == "True";
        const bool is_decided = is_true || text_of(*said, "status") == "False";
        if (!is_decided || number_of(*said, "observedGeneration") != condition.observed_generation)
            continue;
        if (condition.status && !is_true) continue;
        condition.status = is_true;
        condition.reason = text_of(*said, "reason");
        condition.message = text_of(*said, "message");
    }
    const auto features = items_of(held.status.find("supportedFeatures"));
    if (!features.empty()) wanted.supported_features.clear();
    for (const Node& feature : features)
        wanted.supported_features.emplace_back(text_of(feature, "name"));
    return wanted;
}

std::optional<Write> plan_write(const ObjectStatus& wanted,
                                const Held& held,
                                const std::string& controller_name,
                                base::Timestamp now,
                                const OwnsGateway& owns) {
    return has_atomic_parents(wanted.object.kind)
               ? plan_merge(wanted, held, controller_name, now, owns)
               : plan_apply(wanted, held, now);
}

}  // namespace gatefile::status
