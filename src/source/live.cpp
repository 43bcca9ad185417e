// SPDX-License-Identifier: Apache-2.0
#include "live.hpp"

#include "gatefile/tree/write.hpp"

namespace gatefile::source {

namespace {

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

}  // namespace gatefile::source
