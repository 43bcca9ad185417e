// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <variant>

#include "gatefile/api/snapshot.hpp"

namespace gatefile::api {

namespace {

const tree::Entry* find_entry(const tree::Node& map, std::string_view key) {
    if (!map.is_map()) return nullptr;
    for (const tree::Entry& entry : map.entries()) {
        if (entry.key == key) return &entry;
    }
    return nullptr;
}

/// A block of YAML begins below its key, where nobody would look for it.
tree::Position place_of(const tree::Entry& entry) {
    const bool nested = entry.value.is_map() || entry.value.is_list();
    const bool at_key = nested || entry.value.is_null() || entry.value.position().line == 0;
    return at_key ? entry.key_position : entry.value.position();
}

}  // namespace

std::optional<diag::SourcePosition> position_of(const Origin& origin,
                                                const diag::Diagnostic& diagnostic) {
    if (origin.document.source == nullptr) return std::nullopt;
    tree::Position place = origin.object.position();
    const tree::Node* node = &origin.object;
    for (const diag::Path::Segment& segment : diagnostic.path.segments()) {
        tree::Position next;
        if (const auto* field = std::get_if<std::string>(&segment)) {
            const tree::Entry* entry = find_entry(*node, *field);
            if (entry == nullptr) break;
            const bool at_key = diagnostic.code == diag::Code::UnknownField;
            next = at_key ? entry->key_position : place_of(*entry);
            node = &entry->value;
        } else {
            const std::size_t index = std::get<std::size_t>(segment);
            if (!node->is_list() || index >= node->items().size()) break;
            node = &node->items()[index];
            next = node->position();
        }
        if (next.line != 0) place = next;
    }
    return diag::SourcePosition{
        .source = *origin.document.source, .line = place.line, .column = place.column};
}

namespace {

/// What is said of a listener by its name alone is said of its place.
void point_to_listener(const Snapshot& snapshot, diag::Diagnostic& item) {
    if (!item.listener || item.path.text() != "spec.listeners") return;
    const diag::ObjectRef& object = item.object;
    const auto point = [&item](const auto* owner) {
        if (owner == nullptr) return;
        const auto found = std::ranges::find(owner->listeners, *item.listener, &Listener::name);
        if (found == owner->listeners.end()) return;
        item.path = item.path / static_cast<std::size_t>(found - owner->listeners.begin());
    };
    if (object.kind == "Gateway") point(snapshot.find_gateway(object.ns, object.name));
    if (object.kind == "ListenerSet") point(snapshot.find_listener_set(object.ns, object.name));
}

}  // namespace

void locate(const Snapshot& snapshot, diag::Diagnostics& diagnostics) {
    if (snapshot.from_cluster) return;
    const auto lost = [](const diag::Diagnostic& item) {
        return !item.at && !item.object.kind.empty();
    };
    const std::vector<diag::Diagnostic>& items = diagnostics.items();
    if (std::none_of(items.begin(), items.end(), lost)) return;
    diag::Diagnostics located;
    for (diag::Diagnostic item : items) {
        const Meta* meta = lost(item) ? snapshot.find_meta(item.object) : nullptr;
        if (meta != nullptr) point_to_listener(snapshot, item);
        if (meta != nullptr) item.at = position_of(snapshot.origins[meta->origin], item);
        located.add(std::move(item));
    }
    diagnostics = std::move(located);
}

void drop_context(const Snapshot& snapshot, diag::Diagnostics& diagnostics) {
    if (snapshot.first_context_origin >= snapshot.origins.size()) return;
    diag::Diagnostics kept;
    for (const diag::Diagnostic& item : diagnostics.items()) {
        const Meta* meta = item.object.kind.empty() ? nullptr : snapshot.find_meta(item.object);
        const bool is_context = meta != nullptr && meta->origin != Meta::no_origin &&
                                meta->origin >= snapshot.first_context_origin;
        if (!is_context) kept.add(item);
    }
    diagnostics = std::move(kept);
}

}  // namespace gatefile::api
