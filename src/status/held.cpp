// SPDX-License-Identifier: Apache-2.0
#include "held.hpp"

#include <algorithm>
#include <array>

namespace gatefile::status {
namespace {

using tree::Node;

constexpr std::string_view gateway_group = "gateway.networking.k8s.io";

/// Of every kind. What is held of these and not wanted any more is ours to remove.
constexpr std::array<std::string_view, 7> our_types{"Accepted",
                                                    "Programmed",
                                                    "ResolvedRefs",
                                                    "Conflicted",
                                                    "OverlappingTLSConfig",
                                                    "PartiallyInvalid",
                                                    "InsecureFrontendValidationMode"};
constexpr std::string_view our_domain = "gatefile.dev/";

const Condition* find(const std::vector<Condition>& conditions, std::string_view type) {
    const auto found = std::find_if(
        conditions.begin(), conditions.end(), [&](const Condition& c) { return c.type == type; });
    return found == conditions.end() ? nullptr : &*found;
}

bool says(const Node& held, const Condition& wanted) {
    return text_of(held, "status") == status_word(wanted) &&
           text_of(held, "reason") == wanted.reason && text_of(held, "message") == wanted.message &&
           number_of(held, "observedGeneration") == wanted.observed_generation;
}

bool says(const Node& held, const api::RouteGroupKind& wanted) {
    return text_of(held, "kind") == wanted.kind &&
           text_of(held, "group", gateway_group) == wanted.group;
}

bool says(const Node& held, const api::GatewayAddress& wanted) {
    return text_of(held, "type", "IPAddress") == wanted.type &&
           text_of(held, "value") == wanted.value.value_or("");
}

/// In the same order.
template <typename Item>
bool all_say(const Node* held, const std::vector<Item>& wanted) {
    const auto items = items_of(held);
    return std::equal(
        items.begin(), items.end(), wanted.begin(), wanted.end(), [](auto& a, auto& b) {
            return says(a, b);
        });
}

bool says(const Node& held, const ListenerStatus& wanted) {
    return number_of(held, "attachedRoutes") == static_cast<std::int64_t>(wanted.attached_routes) &&
           all_say(held.find("supportedKinds"), wanted.supported_kinds) &&
           says(held.find("conditions"), wanted.conditions);
}

bool listeners_say(const Node* held, const std::vector<ListenerStatus>& wanted) {
    return items_of(held).size() == wanted.size() &&
           std::all_of(wanted.begin(), wanted.end(), [&](const ListenerStatus& listener) {
               const Node* item = find_item(held, "name", listener.name);
               return item != nullptr && says(*item, listener);
           });
}

bool has_leftovers(const Node* held_conditions, const std::vector<Condition>& wanted) {
    const auto items = items_of(held_conditions);
    return std::any_of(items.begin(), items.end(), [&](const Node& item) {
        return is_set_by_us(item, wanted) && find(wanted, text_of(item, "type")) == nullptr;
    });
}

bool features_say(const Node* held, const std::vector<std::string>& wanted) {
    return items_of(held).size() == wanted.size() &&
           std::all_of(wanted.begin(), wanted.end(), [&](const std::string& name) {
               return find_item(held, "name", name) != nullptr;
           });
}

}  // namespace

std::string_view status_word(const Condition& condition) {
    return condition.status ? "True" : "False";
}

std::string_view text_of(const Node& map, std::string_view key, std::string_view otherwise) {
    const Node* value = map.find(key);
    return value != nullptr && value->is_string() ? value->as_string() : otherwise;
}

std::int64_t number_of(const Node& map, std::string_view key, std::int64_t otherwise) {
    const Node* value = map.find(key);
    return value != nullptr && value->is_int() ? value->as_int() : otherwise;
}

std::span<const Node> items_of(const Node* list) {
    return list != nullptr && list->is_list() ? list->items() : std::span<const Node>();
}

const Node* find_item(const Node* list, std::string_view key, std::string_view name) {
    for (const Node& item : items_of(list)) {
        if (text_of(item, key) == name) return &item;
    }
    return nullptr;
}

bool is_set_by_us(const Node& held, const std::vector<Condition>& wanted) {
    const std::string_view type = text_of(held, "type");
    return std::find(our_types.begin(), our_types.end(), type) != our_types.end() ||
           type.starts_with(our_domain) || find(wanted, type) != nullptr;
}

bool says(const Node* held_conditions, const std::vector<Condition>& wanted) {
    std::size_t found = 0;
    for (const Node& item : items_of(held_conditions)) {
        if (!is_set_by_us(item, wanted)) continue;
        const Condition* condition = find(wanted, text_of(item, "type"));
        if (condition == nullptr || !says(item, *condition)) return false;
        ++found;
    }
    return found == wanted.size();
}

bool says(const Node& held_status, const ObjectStatus& wanted) {
    return says(held_status.find("conditions"), wanted.conditions) &&
           all_say(held_status.find("addresses"), wanted.addresses) &&
           listeners_say(held_status.find("listeners"), wanted.listeners) &&
           number_of(held_status, "attachedListenerSets") ==
               static_cast<std::int64_t>(wanted.attached_listener_sets) &&
           features_say(held_status.find("supportedFeatures"), wanted.supported_features);
}

bool has_leftovers(const Node& held_status, const ObjectStatus& wanted) {
    if (has_leftovers(held_status.find("conditions"), wanted.conditions)) return true;
    for (const Node& item : items_of(held_status.find("listeners"))) {
        const auto listener =
            std::find_if(wanted.listeners.begin(),
                         wanted.listeners.end(),
                         [&](const ListenerStatus& l) { return l.name == text_of(item, "name"); });
        if (listener == wanted.listeners.end() ||
            has_leftovers(item.find("conditions"), listener->conditions)) {
            return true;
        }
    }
    const auto& features = wanted.supported_features;
    const auto held_features = items_of(held_status.find("supportedFeatures"));
    return std::any_of(held_features.begin(), held_features.end(), [&](const Node& item) {
        return std::find(features.begin(), features.end(), text_of(item, "name")) == features.end();
    });
}

bool says(const Node& held_parent, const RouteParentStatus& wanted) {
    return says(held_parent.find("conditions"), wanted.conditions);
}

EntryWords entry_words(std::string_view kind) {
    if (kind == "BackendTLSPolicy") return {"ancestors", "ancestorRef", 16};
    return {"parents", "parentRef", 32};
}

bool is_for(const Node& held_parent,
            std::string_view reference,
            const api::ParentRef& ref,
            std::string_view own_ns) {
    const Node* held = held_parent.find(reference);
    if (held == nullptr) return false;
    return text_of(*held, "name") == ref.name &&
           text_of(*held, "group", gateway_group) == ref.group &&
           text_of(*held, "kind", "Gateway") == ref.kind &&
           text_of(*held, "namespace", own_ns) == (ref.ns ? std::string_view(*ref.ns) : own_ns) &&
           text_of(*held, "sectionName") == ref.section_name.value_or("") &&
           number_of(*held, "port") == ref.port.value_or(0);
}

}  // namespace gatefile::status
