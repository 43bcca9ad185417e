// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include "check/raw.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::traefik::check {
namespace {

tree::Position place(const toml::source_position& at) {
    return {static_cast<std::uint32_t>(at.line), static_cast<std::uint32_t>(at.column)};
}

std::string float_text(double value) {
    std::string text = fmt::format("{:.6f}", value);
    if (text.ends_with(".000000")) text.resize(text.size() - 7);
    return text;
}

/// toml++ bounds the depth of what it reads.
Raw convert(const toml::node& node) {
    Raw raw{.shape = Shape::Scalar, .at = place(node.source().begin)};
    if (const toml::table* table = node.as_table()) {
        raw.shape = Shape::Map;
        for (const auto& [key, value] : *table)
            raw.fields.push_back(
                {std::string(key.str()), place(key.source().begin), convert(value)});
    } else if (const toml::array* array = node.as_array()) {
        raw.shape = Shape::List;
        for (const toml::node& item : *array)
            raw.items.push_back(convert(item));
    } else if (const auto* text = node.as_string()) {
        raw.text = text->get();
    } else if (const auto* flag = node.as_boolean()) {
        raw.text = flag->get() ? "true" : "false";
    } else if (const auto* number = node.as_integer()) {
        raw.text = std::to_string(number->get());
    } else if (const auto* fraction = node.as_floating_point()) {
        raw.text = float_text(fraction->get());
    } else {
        raw.shape = Shape::Date;
    }
    return raw;
}

}  // namespace

RawFile raw_from_toml(std::string_view text) {
    RawFile file;
    if (!base::is_utf8(text)) {
        file.faults.push_back({{1, 1}, "the file is not UTF-8"});
        return file;
    }
    const toml::parse_result parsed = toml::parse(text);
    if (!parsed) {
        file.faults.push_back(
            {place(parsed.error().source().begin), std::string(parsed.error().description())});
        return file;
    }
    file.root = convert(parsed.table());
    return file;
}

}  // namespace gatefile::traefik::check
