// SPDX-License-Identifier: Apache-2.0
#include "toml_tree.hpp"

#include <cmath>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <fmt/format.h>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::traefik {
namespace {

tree::Position place(const toml::source_position& at) {
    return {static_cast<std::uint32_t>(at.line), static_cast<std::uint32_t>(at.column)};
}

/// What YAML and JSON have no equal of.
template <typename T>
tree::Node text_of(const T& value, tree::Position at, tree::Arena& arena) {
    std::ostringstream text;
    text << value;
    return tree::Node::string(arena.copy(text.str()), at);
}

/// Whole numbers are integers however they are written, as the other readers have it.
tree::Node number(double value, tree::Position at, tree::Arena& arena) {
    if (!std::isfinite(value)) return text_of(value, at, arena);
    if (value == std::trunc(value) && std::abs(value) < 1e15)
        return tree::Node::integer(static_cast<std::int64_t>(value), at);
    return tree::Node::floating(value, at);
}

/// toml++ bounds the depth of what it reads.
tree::Node convert(const toml::node& node, tree::Arena& arena) {
    const tree::Position at = place(node.source().begin);
    if (const toml::table* table = node.as_table()) {
        std::vector<tree::Entry> entries;
        for (const auto& [key, value] : *table) {
            entries.push_back(
                {arena.copy(key.str()), place(key.source().begin), convert(value, arena)});
        }
        return tree::Node::map(arena.copy(entries), at);
    }
    if (const toml::array* array = node.as_array()) {
        std::vector<tree::Node> items;
        for (const toml::node& item : *array)
            items.push_back(convert(item, arena));
        return tree::Node::list(arena.copy(items), at);
    }
    if (const auto* text = node.as_string()) return tree::Node::string(arena.copy(text->get()), at);
    if (const auto* flag = node.as_boolean()) return tree::Node::boolean(flag->get(), at);
    if (const auto* whole = node.as_integer()) return tree::Node::integer(whole->get(), at);
    if (const auto* value = node.as_floating_point()) return number(value->get(), at, arena);
    if (const auto* date = node.as_date()) return text_of(date->get(), at, arena);
    if (const auto* time = node.as_time()) return text_of(time->get(), at, arena);
    if (const auto* moment = node.as_date_time()) return text_of(moment->get(), at, arena);
    return tree::Node::null(at);
}

}  // namespace

base::Result<tree::Document> read_toml(std::string_view bytes) {
    if (!base::is_utf8(bytes)) return base::Error{base::ErrorKind::Usage, "it is not UTF-8"};
    const toml::parse_result parsed = toml::parse(bytes);
    if (!parsed) {
        const tree::Position at = place(parsed.error().source().begin);
        return base::Error{base::ErrorKind::Usage,
                           fmt::format("line {}, column {}: {}",
                                       at.line,
                                       at.column,
                                       parsed.error().description())};
    }
    tree::Document document{
        .source = nullptr, .arena = std::make_shared<tree::Arena>(), .root = {}};
    document.root = convert(parsed.table(), *document.arena);
    return document;
}

}  // namespace gatefile::traefik
