// SPDX-License-Identifier: Apache-2.0
#include "settings_tree.hpp"

#include <sstream>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/tree/read.hpp"

namespace gatefile::traefik {
namespace {

using base::Error;
using base::ErrorKind;

std::string scalar_text(const tree::Node& node) {
    switch (node.kind()) {
    case tree::Kind::Bool:
        return node.as_bool() ? "true" : "false";
    case tree::Kind::Int:
        return std::to_string(node.as_int());
    case tree::Kind::String:
        return std::string(node.as_string());
    case tree::Kind::Null:
    case tree::Kind::Float:
    case tree::Kind::List:
    case tree::Kind::Map:
        break;
    }
    return "";
}

/// Depth is bounded by the reader.
void fill(Setting& setting, const tree::Node& node) {
    if (node.is_map()) {
        for (const tree::Entry& entry : node.entries())
            fill(setting.child(entry.key), entry.value);
    } else if (node.is_list()) {
        for (const tree::Node& item : node.items())
            setting.values.push_back(scalar_text(item));
    } else if (!node.is_null()) {
        setting.values.push_back(scalar_text(node));
    }
}

std::string scalar_text(const toml::node& node) {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
    if (const auto* number = node.as_integer()) return std::to_string(number->get());
    return "";
}

/// toml++ bounds the depth of what it reads.
void fill(Setting& setting, const toml::node& node) {
    if (const toml::table* table = node.as_table()) {
        for (const auto& [key, value] : *table)
            fill(setting.child(key.str()), value);
    } else if (const toml::array* array = node.as_array()) {
        for (const toml::node& item : *array)
            setting.values.push_back(scalar_text(item));
    } else {
        setting.values.push_back(scalar_text(node));
    }
}

/// "a.b[0]" leads to the list a.b.
void set_argument(Setting& root, std::string_view path, std::string_view value) {
    Setting* at = &root;
    for (const std::string_view key : base::split(path, '.')) {
        at = &at->child(key.substr(0, key.find('[')));
    }
    for (const std::string_view item : base::split(value, ',')) {
        at->values.emplace_back(base::trim(item));
    }
}

}  // namespace

Setting& Setting::child(std::string_view key) {
    Setting& found = children[base::to_lower(key)];
    if (found.name.empty()) found.name = key;
    return found;
}

const Setting* Setting::find(std::string_view path) const {
    const Setting* at = this;
    for (const std::string_view key : base::split(path, '.')) {
        const auto found = at->children.find(base::to_lower(key));
        if (found == at->children.end()) return nullptr;
        at = &found->second;
    }
    return at;
}

std::string_view Setting::text(std::string_view path) const {
    const Setting* found = find(path);
    return found == nullptr || found->values.empty() ? std::string_view() : found->values.front();
}

bool Setting::is_true(std::string_view path) const {
    return base::equals_ignoring_case(text(path), "true");
}

base::Result<Setting> settings_from_yaml(std::string_view text) {
    const base::Result<tree::Document> document = tree::read_yaml(text);
    if (!document) return document.error().within("reading Traefik's static configuration");
    Setting root;
    fill(root, document->root);
    return root;
}

base::Result<Setting> settings_from_toml(std::string_view text) {
    const toml::parse_result parsed = toml::parse(text);
    if (!parsed) {
        std::ostringstream where;
        where << parsed.error().source().begin;
        return Error{ErrorKind::Usage,
                     "reading Traefik's static configuration: " + where.str() + ": " +
                         std::string(parsed.error().description())};
    }
    Setting root;
    fill(root, parsed.table());
    return root;
}

Setting settings_from_arguments(const std::vector<std::string>& arguments) {
    Setting root;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        std::string_view argument = arguments[i];
        if (!argument.starts_with("-")) continue;
        while (argument.starts_with("-"))
            argument.remove_prefix(1);
        if (argument.empty()) continue;
        const std::size_t equals = argument.find('=');
        if (equals != std::string_view::npos) {
            set_argument(root, argument.substr(0, equals), argument.substr(equals + 1));
        } else if (i + 1 < arguments.size() && !arguments[i + 1].starts_with("-")) {
            set_argument(root, argument, arguments[++i]);
        } else {
            set_argument(root, argument, "true");
        }
    }
    return root;
}

std::vector<std::string> resolvers_of(const Setting& root) {
    std::vector<std::string> names;
    const Setting* resolvers = root.find("certificatesResolvers");
    if (resolvers == nullptr) return names;
    for (const auto& [key, resolver] : resolvers->children) {
        if (resolver.find("acme") != nullptr || resolver.find("tailscale") != nullptr)
            names.push_back(resolver.name);
    }
    return names;
}

}  // namespace gatefile::traefik
