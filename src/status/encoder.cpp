// SPDX-License-Identifier: Apache-2.0
#include "encoder.hpp"

#include "held.hpp"

namespace gatefile::status {
namespace {

using tree::Node;

/// CRD: maxItems of every list of conditions.
constexpr std::size_t most_conditions = 8;

void put(Encoder::Fields& fields, std::string_view key, Node value) {
    fields.push_back({key, {}, value});
}

/// Lists that are held are taken back by naming them empty: whoever wrote them first is not asked.
bool holds_items(const Node& held, std::string_view key) {
    const Node* list = held.find(key);
    return list != nullptr && list->is_list() && !list->items().empty();
}

}  // namespace

Encoder::Encoder(std::optional<base::Timestamp> now, tree::Arena& arena) : arena_(arena) {
    if (now) now_ = arena_.copy(base::format_rfc3339(*now));
}

Node Encoder::list(const std::vector<Node>& items) {
    return Node::list(arena_.copy(items));
}

Node Encoder::map(const Fields& fields) {
    return Node::map(arena_.copy(fields));
}

Node Encoder::text(std::string_view value) {
    return Node::string(arena_.copy(value));
}

void Encoder::put_text(Fields& fields, std::string_view key, std::string_view value) {
    put(fields, key, text(value));
}

void Encoder::put_if(Fields& fields,
                     std::string_view key,
                     const std::optional<std::string>& value) {
    if (value) put_text(fields, key, *value);
}

Node Encoder::condition(const Condition& condition, const Node* held) {
    const std::string_view status = status_word(condition);
    std::string_view since = now_;
    if (held != nullptr && text_of(*held, "status") == status) {
        if (const auto kept = text_of(*held, "lastTransitionTime"); !kept.empty()) since = kept;
    }
    Fields fields;
    put_text(fields, "type", condition.type);
    put_text(fields, "status", status);
    put_text(fields, "reason", condition.reason);
    put_text(fields, "message", condition.message);
    // Objects from manifests have no generation.
    if (condition.observed_generation > 0) {
        put(fields, "observedGeneration", Node::integer(condition.observed_generation));
    }
    if (!since.empty()) put_text(fields, "lastTransitionTime", since);
    return map(fields);
}

Node Encoder::conditions(const std::vector<Condition>& wanted, const Node* held, Foreign foreign) {
    const Node* held_list = held != nullptr ? held->find("conditions") : nullptr;
    std::vector<Node> nodes;
    nodes.reserve(wanted.size());
    for (const Condition& item : wanted) {
        nodes.push_back(condition(item, find_item(held_list, "type", item.type)));
    }
    if (foreign == Foreign::Leave) return list(nodes);
    for (const Node& item : items_of(held_list)) {
        if (nodes.size() < most_conditions && !is_set_by_us(item, wanted)) nodes.push_back(item);
    }
    return list(nodes);
}

Node Encoder::kinds(const std::vector<api::RouteGroupKind>& kinds) {
    std::vector<Node> nodes;
    for (const api::RouteGroupKind& kind : kinds) {
        Fields fields;
        put_text(fields, "group", kind.group);
        put_text(fields, "kind", kind.kind);
        nodes.push_back(map(fields));
    }
    return list(nodes);
}

Node Encoder::addresses(const std::vector<api::GatewayAddress>& addresses) {
    std::vector<Node> nodes;
    for (const api::GatewayAddress& address : addresses) {
        Fields fields;
        put_text(fields, "type", address.type);
        put_if(fields, "value", address.value);
        nodes.push_back(map(fields));
    }
    return list(nodes);
}

Node Encoder::listener(const ListenerStatus& listener, const Node* held, Foreign foreign) {
    Fields fields;
    put_text(fields, "name", listener.name);
    put(fields, "supportedKinds", kinds(listener.supported_kinds));
    put(fields,
        "attachedRoutes",
        Node::integer(static_cast<std::int64_t>(listener.attached_routes)));
    put(fields, "conditions", conditions(listener.conditions, held, foreign));
    return map(fields);
}

Node Encoder::features(const std::vector<std::string>& names) {
    std::vector<Node> nodes;
    for (const std::string& name : names) {
        Fields fields;
        put_text(fields, "name", name);
        nodes.push_back(map(fields));
    }
    return list(nodes);
}

Node Encoder::parent_ref(const api::ParentRef& ref) {
    Fields fields;
    put_text(fields, "group", ref.group);
    put_text(fields, "kind", ref.kind);
    put_if(fields, "namespace", ref.ns);
    put_text(fields, "name", ref.name);
    put_if(fields, "sectionName", ref.section_name);
    if (ref.port) put(fields, "port", Node::integer(*ref.port));
    return map(fields);
}

Node Encoder::parent(const RouteParentStatus& parent,
                     std::string_view reference,
                     const Node* held) {
    Fields fields;
    put(fields, reference, parent_ref(parent.parent_ref));
    put_text(fields, "controllerName", parent.controller_name);
    put(fields, "conditions", conditions(parent.conditions, held, Foreign::Keep));
    return map(fields);
}

Node Encoder::status(const ObjectStatus& object, const Node& held, Foreign foreign) {
    Fields fields;
    if (!object.addresses.empty() || holds_items(held, "addresses")) {
        put(fields, "addresses", addresses(object.addresses));
    }
    if (!object.conditions.empty()) {
        put(fields, "conditions", conditions(object.conditions, &held, foreign));
    }
    if (!object.listeners.empty() || holds_items(held, "listeners")) {
        std::vector<Node> listeners;
        for (const ListenerStatus& item : object.listeners) {
            const Node* held_item = find_item(held.find("listeners"), "name", item.name);
            listeners.push_back(listener(item, held_item, foreign));
        }
        put(fields, "listeners", list(listeners));
    }
    // Its absence is as good as 0.
    if (object.attached_listener_sets > 0 || number_of(held, "attachedListenerSets") != 0) {
        put(fields,
            "attachedListenerSets",
            Node::integer(static_cast<std::int64_t>(object.attached_listener_sets)));
    }
    if (!object.parents.empty()) {
        const EntryWords words = entry_words(object.object.kind);
        std::vector<Node> parents;
        for (const RouteParentStatus& item : object.parents) {
            parents.push_back(parent(item, words.reference));
        }
        put(fields, words.list, list(parents));
    }
    if (!object.supported_features.empty() || holds_items(held, "supportedFeatures")) {
        put(fields, "supportedFeatures", features(object.supported_features));
    }
    return map(fields);
}

Node Encoder::object(const ObjectStatus& object, const Node& held) {
    Fields metadata;
    put_text(metadata, "name", object.object.name);
    if (!object.object.ns.empty()) put_text(metadata, "namespace", object.object.ns);
    Fields fields;
    put_text(fields, "apiVersion", object.api_version);
    put_text(fields, "kind", object.object.kind);
    put(fields, "metadata", map(metadata));
    put(fields, "status", status(object, held, Foreign::Leave));
    return map(fields);
}

}  // namespace gatefile::status
