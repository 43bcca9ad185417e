// SPDX-License-Identifier: Apache-2.0
#include "removal_step.hpp"

#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "gatefile/tree/write.hpp"

namespace gatefile::agent {

namespace {

using tree::Node;

Node string_at(const Node& map, std::string_view key) {
    const Node* value = map.find(key);
    return value != nullptr && value->is_string() ? *value : Node::string("");
}

/// To be sent with a DELETE: only this object, and only as it was read.
std::string delete_options(const Node& object) {
    const Node* metadata = object.find("metadata");
    const Node meta = metadata != nullptr ? *metadata : Node::map({});
    const std::vector<tree::Entry> guards{
        {"uid", {}, string_at(meta, "uid")},
        {"resourceVersion", {}, string_at(meta, "resourceVersion")}};
    const std::vector<tree::Entry> options{{"apiVersion", {}, Node::string("v1")},
                                           {"kind", {}, Node::string("DeleteOptions")},
                                           {"preconditions", {}, Node::map(guards)}};
    return tree::write_json(Node::map(options), tree::JsonStyle::Compact);
}

}  // namespace

RemovalStep deletion(const diag::ObjectRef& object,
                     const std::string& group,
                     const std::string& resource,
                     const std::string& base,
                     const Node& read) {
    return {object.text(),
            {.action = {.verb = "delete",
                        .group = group,
                        .resource = resource,
                        .ns = object.ns,
                        .name = object.name},
             .path =
                 fmt::format("{}/namespaces/{}/{}/{}", base, object.ns, resource, object.name),
             .body = delete_options(read)}};
}

}  // namespace gatefile::agent
