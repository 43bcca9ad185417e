// SPDX-License-Identifier: Apache-2.0
#include "kubeconfig_fields.hpp"

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::source {

std::string Fields::path_to(std::string_view name) const {
    return path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name);
}

void Fields::wrong_kind(const tree::Node& node, const std::string& path, tree::Kind wanted) const {
    if (fault_) return;
    fault_ = Fault{node.position(),
                   fmt::format("{} must be of type {}, not {}",
                               path,
                               tree::kind_name(wanted),
                               tree::kind_name(node.kind()))};
}

void Fields::refuse(std::string_view name, std::string why) const {
    if (fault_) return;
    const tree::Node* node = map_.find(name);
    fault_ = Fault{(node != nullptr ? *node : map_).position(),
                   fmt::format("{} {}", path_to(name), why)};
}

const tree::Node* Fields::node(std::string_view name) const {
    const tree::Node* node = map_.find(name);
    return node == nullptr || node->is_null() ? nullptr : node;
}

const tree::Node* Fields::find(std::string_view name, tree::Kind kind) const {
    const tree::Node* found = node(name);
    if (found == nullptr || found->kind() == kind) return found;
    wrong_kind(*found, path_to(name), kind);
    return nullptr;
}

std::string Fields::string(std::string_view name) const {
    const tree::Node* found = find(name, tree::Kind::String);
    return found == nullptr ? "" : std::string(found->as_string());
}

base::SecretBytes Fields::secret(std::string_view name) const {
    return base::SecretBytes(string(name));
}

bool Fields::boolean(std::string_view name) const {
    const tree::Node* found = find(name, tree::Kind::Bool);
    return found != nullptr && found->as_bool();
}

std::string Fields::data(std::string_view name) const {
    auto decoded = base::decode_base64(string(name));
    if (decoded) return *std::move(decoded);
    refuse(name, "is not base64");
    return "";
}

std::vector<std::string> Fields::strings_of(const tree::Node& list, const std::string& path) const {
    std::vector<std::string> all;
    for (const tree::Node& item : list.items()) {
        if (item.is_string()) {
            all.emplace_back(item.as_string());
        } else {
            wrong_kind(item, fmt::format("{}[{}]", path, all.size()), tree::Kind::String);
            break;
        }
    }
    return all;
}

std::vector<std::string> Fields::strings(std::string_view name) const {
    const tree::Node* found = find(name, tree::Kind::List);
    if (found == nullptr) return {};
    return strings_of(*found, path_to(name));
}

std::optional<Fields> Fields::fields(std::string_view name) const {
    const tree::Node* found = find(name, tree::Kind::Map);
    if (found == nullptr) return std::nullopt;
    return Fields(*found, path_to(name), fault_);
}

std::vector<Fields> Fields::list(std::string_view name) const {
    std::vector<Fields> all;
    const tree::Node* found = find(name, tree::Kind::List);
    if (found == nullptr) return all;
    for (const tree::Node& item : found->items()) {
        std::string path = fmt::format("{}[{}]", path_to(name), all.size());
        if (!item.is_map()) {
            wrong_kind(item, path, tree::Kind::Map);
            break;
        }
        all.emplace_back(item, std::move(path), fault_);
    }
    return all;
}

std::map<std::string, std::vector<std::string>> Fields::string_lists(std::string_view name) const {
    std::map<std::string, std::vector<std::string>> all;
    const tree::Node* found = find(name, tree::Kind::Map);
    if (found == nullptr) return all;
    for (const tree::Entry& entry : found->entries()) {
        const std::string path =
            fmt::format("{}[{}]", path_to(name), base::quote_for_message(entry.key));
        if (!entry.value.is_list()) {
            wrong_kind(entry.value, path, tree::Kind::List);
            break;
        }
        all.emplace(entry.key, strings_of(entry.value, path));
    }
    return all;
}

}  // namespace gatefile::source
