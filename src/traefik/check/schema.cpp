// SPDX-License-Identifier: Apache-2.0
#include "check/schema.hpp"

#include <map>

#include "check/schema_text.hpp"
#include "gatefile/base/result.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::traefik::check {
namespace {

using Structs = std::map<std::string_view, Struct>;

/// "list struct tls.Certificate", "struct dynamic.Sticky?"
Type parse_type(std::string_view text, const Structs& structs) {
    const std::size_t blank = text.find(' ');
    const std::string_view word = text.substr(0, blank);
    if (word == "string") return {TypeKind::String};
    if (word == "bool") return {TypeKind::Bool};
    if (word == "int") return {TypeKind::Int};
    if (word == "float") return {TypeKind::Float};
    if (word == "duration") return {TypeKind::Duration};
    if (word == "any") return {TypeKind::Any};
    const std::string_view rest = text.substr(blank + 1);
    if (word == "struct") {
        const bool may_be_empty = rest.ends_with('?');
        const auto found = structs.find(rest.substr(0, rest.size() - (may_be_empty ? 1 : 0)));
        GATEFILE_CHECK(found != structs.end());
        return {TypeKind::Struct, &found->second, may_be_empty, {}};
    }
    GATEFILE_CHECK(word == "list" || word == "map");
    return {word == "list" ? TypeKind::List : TypeKind::Map,
            nullptr,
            false,
            {parse_type(rest, structs)}};
}

Structs parse_schema(std::string_view text) {
    Structs structs;
    const std::vector<std::string_view> lines = base::split(text, '\n');
    for (const std::string_view line : lines) {
        if (!line.empty() && line[0] != ' ' && line[0] != '#') structs[line].name = line;
    }
    Struct* current = nullptr;
    for (const std::string_view line : lines) {
        if (line.empty() || line[0] == '#') continue;
        if (line[0] != ' ') {
            current = &structs[line];
            continue;
        }
        const bool is_dropped = line[1] == '-';
        const std::string_view field = line.substr(is_dropped ? 2 : 1);
        const std::size_t blank = field.find(' ');
        current->fields.push_back(
            {field.substr(0, blank), parse_type(field.substr(blank + 1), structs), is_dropped});
    }
    return structs;
}

}  // namespace

const Field* Struct::find(std::string_view field) const {
    for (const Field& candidate : fields) {
        if (base::equals_ignoring_case(candidate.name, field)) return &candidate;
    }
    return nullptr;
}

const Struct& dynamic_schema() {
    static const Structs structs = parse_schema(schema_text());
    return structs.at("dynamic.Configuration");
}

}  // namespace gatefile::traefik::check
