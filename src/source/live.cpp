// SPDX-License-Identifier: Apache-2.0
#include "live.hpp"

#include <algorithm>

#include "gatefile/tree/read.hpp"
#include "gatefile/tree/write.hpp"

namespace gatefile::source {

namespace {

/// Go's decoder takes 10,000 levels of an object; lists and events add some.
constexpr std::size_t deepest_body = 10'100;

const tree::Node* map_at(const tree::Node& node, std::string_view key) {
    const tree::Node* found = node.is_map() ? node.find(key) : nullptr;
    return found != nullptr && found->is_map() ? found : nullptr;
}

std::string text_at(const tree::Node* node, std::string_view key) {
    const tree::Node* found = node != nullptr ? node->find(key) : nullptr;
    return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}

}  // namespace

Live live_of(const tree::Node& object) {
    const tree::Node* metadata = map_at(object, "metadata");
    Live live{.resource_version = text_at(metadata, "resourceVersion"),
              .uid = text_at(metadata, "uid"),
              .status = {}};
    if (const tree::Node* status = map_at(object, "status")) {
        live.status = tree::write_json(*status, tree::JsonStyle::Compact);
    }
    return live;
}

diag::ObjectRef ref_of(std::string_view kind, const tree::Node& object) {
    const tree::Node* metadata = map_at(object, "metadata");
    return {.kind = std::string(kind),
            .ns = text_at(metadata, "namespace"),
            .name = text_at(metadata, "name")};
}

base::Result<tree::Document> read_body(std::string_view body) {
    return tree::read_json(body, deepest_body);
}

bool is_deeper_than(const tree::Node& node, std::size_t levels) {
    if (!node.is_list() && !node.is_map()) return false;
    if (levels == 0) return true;
    if (node.is_list()) {
        return std::ranges::any_of(
            node.items(), [=](const tree::Node& item) { return is_deeper_than(item, levels - 1); });
    }
    return std::ranges::any_of(node.entries(), [=](const tree::Entry& entry) {
        return is_deeper_than(entry.value, levels - 1);
    });
}

}  // namespace gatefile::source
