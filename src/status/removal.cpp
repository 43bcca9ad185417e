// SPDX-License-Identifier: Apache-2.0
#include "gatefile/status/removal.hpp"

#include <algorithm>
#include <utility>

#include "encoder.hpp"
#include "gatefile/tree/write.hpp"
#include "held.hpp"

namespace gatefile::status {
namespace {

using tree::Node;

constexpr std::string_view our_manager = "gatefile";

/// What the API server puts into a new object is nobody's.
bool is_initial(const Node& condition) {
    return text_of(condition, "status") == "Unknown" && text_of(condition, "reason") == "Pending";
}

bool is_ours(const Node& condition) {
    return is_set_by_us(condition, {}) && !is_initial(condition);
}

std::vector<Node> foreign_of(const Node* conditions) {
    std::vector<Node> foreign;
    for (const Node& item : items_of(conditions)) {
        if (!is_set_by_us(item, {})) foreign.push_back(item);
    }
    return foreign;
}

bool has_ours(const Node* conditions) {
    const auto items = items_of(conditions);
    return std::any_of(items.begin(), items.end(), is_ours);
}

/// Whether a manager's fields of the status hold `field`; any field where it is empty.
bool manages(const Node& entry, std::string_view field) {
    if (text_of(entry, "subresource") != "status") return false;
    const Node* fields = entry.find("fieldsV1");
    const Node* status = fields != nullptr ? fields->find("f:status") : nullptr;
    return status != nullptr && (field.empty() || status->find(field) != nullptr);
}

/// By anybody but us, and not by us as well.
bool is_anothers(const Node& object, std::string_view field) {
    const Node* metadata = object.find("metadata");
    bool another = false;
    for (const Node& entry :
         items_of(metadata != nullptr ? metadata->find("managedFields") : nullptr)) {
        if (!manages(entry, field)) continue;
        if (text_of(entry, "manager") == our_manager) return false;
        another = true;
    }
    return another;
}

class Planner {
public:
    Planner(const std::string& kind, const Node& object)
        : kind_(kind), object_(object), encoder_(std::nullopt, arena_) {
        const Node* status = object.find("status");
        if (status != nullptr && status->is_map()) status_ = *status;
        if (!status_.is_map()) status_ = encoder_.map({});
    }

    std::optional<Removal> entries(const std::string& controller_name, const OwnsGateway& owns) {
        const EntryWords words = entry_words(kind_);
        std::vector<Node> kept;
        for (const Node& item : items_of(status_.find(words.list))) {
            if (text_of(item, "controllerName") != controller_name ||
                !is_owned(item, words.reference, owns)) {
                kept.push_back(item);
            }
        }
        if (kept.size() == items_of(status_.find(words.list)).size()) return std::nullopt;
        what_.emplace_back(words.list);
        if (kept.empty() && status_.entries().size() == 1) return finish(Node::null());
        return finish(encoder_.map({{words.list, {}, encoder_.list(kept)}}));
    }

    std::optional<Removal> whole() {
        if (has_ours(status_.find("conditions"))) what_.emplace_back("conditions");
        const auto listeners = items_of(status_.find("listeners"));
        if (std::any_of(listeners.begin(), listeners.end(), is_told)) {
            what_.emplace_back("listeners");
        }
        if (!is_anothers(object_, "f:addresses")) take_list("addresses");
        take_list("supportedFeatures");
        if (number_of(status_, "attachedListenerSets") != 0) {
            what_.emplace_back("attachedListenerSets");
        }
        if (what_.empty()) return std::nullopt;
        Encoder::Fields fields;
        for (const tree::Entry& entry : status_.entries())
            fields.push_back({entry.key, {}, Node::null()});
        const std::vector<Node> foreign = foreign_of(status_.find("conditions"));
        if (!foreign.empty()) set(fields, "conditions", conditions(foreign));
        const std::vector<Node> kept = foreign_listeners();
        if (!kept.empty()) set(fields, "listeners", encoder_.list(kept));
        if (is_anothers(object_, "f:addresses") && status_.find("addresses") != nullptr) {
            set(fields, "addresses", *status_.find("addresses"));
        }
        const bool nothing_left = std::ranges::all_of(
            fields, [](const tree::Entry& field) { return field.value.is_null(); });
        return finish(nothing_left ? Node::null() : encoder_.map(fields));
    }

private:
    bool is_owned(const Node& item, std::string_view reference, const OwnsGateway& owns) const {
        const Node* ref = item.find(reference);
        if (!owns || ref == nullptr) return true;
        const Node* metadata = object_.find("metadata");
        const std::string_view own_ns =
            metadata != nullptr ? text_of(*metadata, "namespace") : std::string_view();
        return owns(text_of(*ref, "kind", "Gateway"),
                    text_of(*ref, "namespace", own_ns),
                    text_of(*ref, "name"));
    }

    /// Not only what others say, which stays.
    static bool is_told(const Node& listener) {
        const Node* conditions = listener.find("conditions");
        return has_ours(conditions) || foreign_of(conditions).empty();
    }

    void take_list(std::string_view key) {
        if (!items_of(status_.find(key)).empty()) what_.emplace_back(key);
    }

    static void set(Encoder::Fields& fields, std::string_view key, Node value) {
        for (tree::Entry& field : fields) {
            if (field.key == key) field.value = value;
        }
    }

    /// A list is written whole, so what the API server would give it by itself has to be in it.
    Node conditions(const std::vector<Node>& foreign) {
        std::vector<Node> items{initial("Accepted")};
        if (kind_ != "GatewayClass") items.push_back(initial("Programmed"));
        items.insert(items.end(), foreign.begin(), foreign.end());
        return encoder_.list(items);
    }

    Node initial(std::string_view type) {
        return encoder_.map({{"lastTransitionTime", {}, encoder_.text("1970-01-01T00:00:00Z")},
                             {"message", {}, encoder_.text("Waiting for controller")},
                             {"reason", {}, encoder_.text("Pending")},
                             {"status", {}, encoder_.text("Unknown")},
                             {"type", {}, encoder_.text(type)}});
    }

    /// Those that others have said something about.
    std::vector<Node> foreign_listeners() {
        std::vector<Node> listeners;
        for (const Node& item : items_of(status_.find("listeners"))) {
            const std::vector<Node> foreign = foreign_of(item.find("conditions"));
            if (foreign.empty()) continue;
            listeners.push_back(encoder_.map({{"attachedRoutes", {}, Node::integer(0)},
                                              {"conditions", {}, encoder_.list(foreign)},
                                              {"name", {}, encoder_.text(text_of(item, "name"))}}));
        }
        return listeners;
    }

    /// The resource version guards the write: who wrote in between is read again first.
    Removal finish(Node status) {
        const Node* metadata = object_.find("metadata");
        const std::string_view version =
            metadata != nullptr ? text_of(*metadata, "resourceVersion") : std::string_view();
        const Node guard = encoder_.map({{"resourceVersion", {}, encoder_.text(version)}});
        const Node body = encoder_.map({{"metadata", {}, guard}, {"status", {}, status}});
        return {{"PATCH",
                 "fieldManager=gatefile",
                 "application/merge-patch+json",
                 tree::write_json(body, tree::JsonStyle::Compact)},
                what_};
    }

    const std::string& kind_;
    const Node& object_;
    tree::Arena arena_;
    Encoder encoder_;
    Node status_;
    std::vector<std::string> what_;
};

}  // namespace

std::optional<Removal> plan_removal(const std::string& kind,
                                    const Node& object,
                                    const std::string& controller_name,
                                    const OwnsGateway& owns) {
    Planner planner(kind, object);
    const bool is_whole = kind == "GatewayClass" || kind == "Gateway" || kind == "ListenerSet";
    return is_whole ? planner.whole() : planner.entries(controller_name, owns);
}

bool is_told_by_gatefile(const Node& object) {
    const Node* metadata = object.find("metadata");
    const auto entries = items_of(metadata != nullptr ? metadata->find("managedFields") : nullptr);
    return std::any_of(entries.begin(), entries.end(), [](const Node& entry) {
        return text_of(entry, "manager") == our_manager && manages(entry, {});
    });
}

}  // namespace gatefile::status
