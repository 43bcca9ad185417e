// SPDX-License-Identifier: Apache-2.0
//
// Text through schema::check_and_default for the tests of this module.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gatefile/api/schema.hpp"
#include "gatefile/tree/read.hpp"
#include "gatefile/tree/write.hpp"

namespace gatefile::api::schema {

struct Checked {
    bool ok = false;
    tree::Document document;
    tree::Node object;
    diag::Diagnostics diagnostics;

    const std::vector<diag::Diagnostic>& items() const { return diagnostics.items(); }
    std::size_t count(diag::Code code) const {
        return static_cast<std::size_t>(
            std::count_if(items().begin(), items().end(), [code](const auto& item) {
                return item.code == code;
            }));
    }
    bool has(diag::Code code, std::string_view path, std::string_view detail) const {
        return std::any_of(items().begin(), items().end(), [&](const auto& item) {
            return item.code == code && item.path.text() == path && item.detail == detail;
        });
    }
    bool has_hint(std::string_view path, std::string_view hint) const {
        return std::any_of(items().begin(), items().end(), [&](const auto& item) {
            return item.path.text() == path && item.hint == hint;
        });
    }
    std::string text() const {
        std::string lines;
        for (const diag::Diagnostic& item : items()) {
            lines += item.path.text() + ": " + item.detail + '\n';
        }
        return lines;
    }
    std::string json() const {
        const std::string written = tree::write_json(object, tree::JsonStyle::Compact);
        return written.substr(0, written.size() - 1);
    }
    /// The JSON of what stands at "spec.rules[0].matches", or "absent".
    std::string at(std::string_view path) const {
        const tree::Node* node = &object;
        while (node && !path.empty()) {
            const std::size_t end = std::min(path.find_first_of(".["), path.size());
            if (end > 0) node = node->find(path.substr(0, end));
            path.remove_prefix(end);
            if (path.starts_with('.')) path.remove_prefix(1);
            if (!path.starts_with('[')) continue;
            const std::size_t close = path.find(']');
            const auto index = std::stoul(std::string(path.substr(1, close - 1)));
            const bool inside = node && node->is_list() && index < node->items().size();
            node = inside ? &node->items()[index] : nullptr;
            path.remove_prefix(std::min(close + 1, path.size()));
            if (path.starts_with('.')) path.remove_prefix(1);
        }
        if (!node) return "absent";
        const std::string written = tree::write_json(*node, tree::JsonStyle::Compact);
        return written.substr(0, written.size() - 1);
    }
};

inline Checked check(std::string_view yaml) {
    Checked checked;
    auto document = tree::read_yaml(yaml);
    REQUIRE_MESSAGE(document.has_value(), yaml.substr(0, 200));
    checked.document = *std::move(document);
    checked.object = checked.document.root;
    const Schema* schema = find(checked.object.find("apiVersion")->as_string(),
                                checked.object.find("kind")->as_string());
    REQUIRE(schema != nullptr);
    checked.ok = check_and_default(
        checked.object, *checked.document.arena, *schema, {}, checked.diagnostics);
    return checked;
}

}  // namespace gatefile::api::schema
