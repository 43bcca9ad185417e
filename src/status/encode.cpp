// SPDX-License-Identifier: Apache-2.0
#include <string_view>

#include "gatefile/status/report.hpp"

namespace gatefile::status {
namespace {

class Encoder {
public:
    Encoder(std::optional<base::Timestamp> at, tree::Arena& arena) : arena_(arena) {
        if (at) transition_ = arena_.copy(base::format_rfc3339(*at));
    }

    template <typename Item>
    tree::Node list(const std::vector<Item>& items) {
        std::vector<tree::Node> nodes;
        nodes.reserve(items.size());
        for (const Item& item : items) {
            nodes.push_back(one(item));
        }
        return tree::Node::list(arena_.copy(nodes));
    }

private:
    using Fields = std::vector<tree::Entry>;

    static void put(Fields& fields, std::string_view key, tree::Node value) {
        fields.push_back({key, {}, value});
    }
    void put(Fields& fields, std::string_view key, const std::string& value) {
        put(fields, key, tree::Node::string(arena_.copy(value)));
    }
    template <typename Value>
    void put(Fields& fields, std::string_view key, const std::optional<Value>& value) {
        if (value) put(fields, key, *value);
    }
    static void put_number(Fields& fields, std::string_view key, std::int64_t value) {
        put(fields, key, tree::Node::integer(value));
    }
    tree::Node map(const Fields& fields) { return tree::Node::map(arena_.copy(fields)); }

    tree::Node one(const Condition& condition) {
        Fields fields;
        put(fields, "type", condition.type);
        put(fields, "status", std::string(condition.status ? "True" : "False"));
        put(fields, "reason", condition.reason);
        put(fields, "message", condition.message);
        // Objects from manifests have no generation.
        if (condition.observed_generation > 0) {
            put_number(fields, "observedGeneration", condition.observed_generation);
        }
        if (!transition_.empty()) {
            put(fields, "lastTransitionTime", tree::Node::string(transition_));
        }
        return map(fields);
    }

    tree::Node one(const api::RouteGroupKind& kind) {
        Fields fields;
        put(fields, "group", kind.group);
        put(fields, "kind", kind.kind);
        return map(fields);
    }

    tree::Node one(const api::GatewayAddress& address) {
        Fields fields;
        put(fields, "type", address.type);
        put(fields, "value", address.value);
        return map(fields);
    }

    tree::Node one(const ListenerStatus& listener) {
        Fields fields;
        put(fields, "name", listener.name);
        put(fields, "supportedKinds", list(listener.supported_kinds));
        put_number(fields, "attachedRoutes", static_cast<std::int64_t>(listener.attached_routes));
        put(fields, "conditions", list(listener.conditions));
        return map(fields);
    }

    tree::Node one(const api::ParentRef& ref) {
        Fields fields;
        put(fields, "group", ref.group);
        put(fields, "kind", ref.kind);
        put(fields, "namespace", ref.ns);
        put(fields, "name", ref.name);
        put(fields, "sectionName", ref.section_name);
        if (ref.port) put_number(fields, "port", *ref.port);
        return map(fields);
    }

    tree::Node one(const RouteParentStatus& parent) {
        Fields fields;
        put(fields, "parentRef", one(parent.parent_ref));
        put(fields, "controllerName", parent.controller_name);
        put(fields, "conditions", list(parent.conditions));
        return map(fields);
    }

    tree::Node one(const ObjectStatus& object) {
        Fields metadata;
        put(metadata, "name", object.object.name);
        if (!object.object.ns.empty()) put(metadata, "namespace", object.object.ns);
        Fields status;
        if (!object.addresses.empty()) put(status, "addresses", list(object.addresses));
        if (!object.conditions.empty()) put(status, "conditions", list(object.conditions));
        if (!object.listeners.empty()) put(status, "listeners", list(object.listeners));
        if (!object.parents.empty()) put(status, "parents", list(object.parents));
        Fields fields;
        put(fields, "apiVersion", object.api_version);
        put(fields, "kind", object.object.kind);
        put(fields, "metadata", map(metadata));
        put(fields, "status", map(status));
        return map(fields);
    }

    tree::Arena& arena_;
    std::string_view transition_;
};

}  // namespace

tree::Node encode(const Report& report, std::optional<base::Timestamp> at, tree::Arena& arena) {
    return Encoder(at, arena).list(report.objects);
}

}  // namespace gatefile::status
