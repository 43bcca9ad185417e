// SPDX-License-Identifier: Apache-2.0
#include "definition_schema.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "gatefile/base/regex.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::api::schema {

base::Error
definition_fault(const std::string& source, tree::Position at, const std::string& what) {
    return {base::ErrorKind::Usage, fmt::format("{}:{}:{}: {}", source, at.line, at.column, what)};
}

namespace {

using Names = std::vector<std::string_view>;

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

/// Neither what is accepted nor the message depends on these.
constexpr std::array<std::string_view, 6> silent = {"description",
                                                    "title",
                                                    "example",
                                                    "externalDocs",
                                                    "x-kubernetes-map-type",
                                                    "x-kubernetes-group-version-kind"};
constexpr std::array<std::string_view, 6> types = {
    "object", "array", "string", "integer", "number", "boolean"};
/// The server ignores a format that it does not know.
constexpr std::array<std::string_view, 6> formats = {
    "int32", "int64", "date-time", "ipv4", "ipv6", "byte"};
constexpr std::array<std::string_view, 3> list_types = {"atomic", "set", "map"};
constexpr std::array<std::string_view, 8> limits = {"minLength",
                                                    "maxLength",
                                                    "minItems",
                                                    "maxItems",
                                                    "minProperties",
                                                    "maxProperties",
                                                    "minimum",
                                                    "maximum"};
constexpr std::array<std::string_view, 3> flags = {
    "nullable", "x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields"};
/// False is the same as nothing; true is not known here.
constexpr std::array<std::string_view, 3> off = {
    "exclusiveMinimum", "exclusiveMaximum", "uniqueItems"};

/// Whether fields are declared here, or only constrained (below anyOf and its kin).
enum class Role : std::uint8_t { Structure, Constraint };

class Checker {
public:
    Checker(const std::string& source, tree::Arena& arena) : source_(source), arena_(arena) {}

    std::optional<base::Error> fault;

    tree::Node schema(const tree::Node& node, Role role) {
        if (!node.is_map()) return fail(node.position(), "a schema is wanted here");
        std::vector<tree::Entry> kept;
        for (const tree::Entry& entry : node.entries()) {
            if (fault) return {};
            if (auto value = keyword(entry, role)) {
                kept.push_back({entry.key, entry.key_position, *value});
            }
        }
        if (role == Role::Constraint) add_required(kept);
        return fault ? tree::Node() : tree::Node::map(arena_.copy(kept), node.position());
    }

    /// Every object has these, whether or not its definition says so.
    tree::Node root(const tree::Node& node) {
        const tree::Node checked = schema(node, Role::Structure);
        if (fault) return {};
        static constexpr std::array<std::string_view, 3> always = {
            "apiVersion", "kind", "metadata"};
        std::vector<tree::Entry> fields;
        if (const tree::Node* properties = checked.find("properties")) {
            fields.assign(properties->entries().begin(), properties->entries().end());
        }
        for (const std::string_view name : always) {
            const bool has = std::ranges::find(fields, name, &tree::Entry::key) != fields.end();
            if (!has)
                fields.push_back({name, {}, type_of(name == "metadata" ? "object" : "string")});
        }
        return with_properties(checked, fields);
    }

private:
    tree::Node fail(tree::Position at, const std::string& what) {
        if (!fault) fault = definition_fault(source_, at, what);
        return {};
    }

    tree::Node wanted(const tree::Entry& entry, std::string_view what) {
        return fail(entry.key_position,
                    fmt::format("{}: {} is wanted", base::quote_for_message(entry.key), what));
    }

    tree::Node type_of(std::string_view type) {
        const std::array<tree::Entry, 1> entries = {{{"type", {}, tree::Node::string(type)}}};
        return tree::Node::map(arena_.copy(entries));
    }

    tree::Node with_properties(const tree::Node& node, const std::vector<tree::Entry>& fields) {
        std::vector<tree::Entry> entries;
        for (const tree::Entry& entry : node.entries()) {
            if (entry.key != "properties") entries.push_back(entry);
        }
        entries.push_back({"properties", {}, tree::Node::map(arena_.copy(fields))});
        return tree::Node::map(arena_.copy(entries), node.position());
    }

    /// `anyOf: [{required: [a]}]` names a field that is declared elsewhere.
    void add_required(std::vector<tree::Entry>& entries) {
        const auto named = std::ranges::find(entries, "required", &tree::Entry::key);
        if (named == entries.end()) return;
        const auto declared = std::ranges::find(entries, "properties", &tree::Entry::key);
        std::vector<tree::Entry> fields;
        if (declared != entries.end()) {
            fields.assign(declared->value.entries().begin(), declared->value.entries().end());
        }
        for (const tree::Node& name : named->value.items()) {
            if (std::ranges::find(fields, name.as_string(), &tree::Entry::key) == fields.end()) {
                fields.push_back({name.as_string(), {}, tree::Node::map({})});
            }
        }
        const tree::Node properties = tree::Node::map(arena_.copy(fields));
        if (declared != entries.end()) {
            declared->value = properties;
        } else {
            entries.push_back({"properties", {}, properties});
        }
    }

    std::optional<tree::Node> keyword(const tree::Entry& entry, Role role) {
        const std::string_view key = entry.key;
        const tree::Node& value = entry.value;
        if (is_one_of(key, silent)) return std::nullopt;
        if (is_one_of(key, off) && value.is_bool() && !value.as_bool()) return std::nullopt;
        if (key == "default") return value;
        if (is_one_of(key, flags)) {
            return value.is_bool() ? value : wanted(entry, "true or false");
        }
        if (is_one_of(key, limits)) {
            return value.is_int() ? value : wanted(entry, "a whole number");
        }
        if (key == "type") return word(entry, types);
        if (key == "x-kubernetes-list-type") return word(entry, list_types);
        if (key == "format") return format(entry);
        if (key == "pattern") return pattern(entry);
        if (key == "enum") return enumeration(entry);
        if (key == "required" || key == "x-kubernetes-list-map-keys") return strings(entry);
        if (key == "x-kubernetes-validations") return rules(entry);
        return nested(entry, role);
    }

    std::optional<tree::Node> nested(const tree::Entry& entry, Role role) {
        const std::string_view key = entry.key;
        if (key == "properties") return properties(entry, role);
        if (key == "items") return schema(entry.value, role);
        if (key == "not") return schema(entry.value, Role::Constraint);
        if (key == "allOf" || key == "anyOf" || key == "oneOf") {
            if (!entry.value.is_list()) return wanted(entry, "a list of schemas");
            std::vector<tree::Node> items;
            for (const tree::Node& item : entry.value.items())
                items.push_back(schema(item, Role::Constraint));
            return tree::Node::list(arena_.copy(items), entry.value.position());
        }
        if (key == "additionalProperties") {
            if (!entry.value.is_bool()) return schema(entry.value, role);
            if (!entry.value.as_bool()) return std::nullopt;
            return tree::Node::map({}, entry.value.position());
        }
        return fail(
            entry.key_position,
            fmt::format("{} is no keyword that gatefile knows", base::quote_for_message(key)));
    }

    template <std::size_t N>
    tree::Node word(const tree::Entry& entry, const std::array<std::string_view, N>& words) {
        const bool good = entry.value.is_string() && is_one_of(entry.value.as_string(), words);
        return good
                   ? entry.value
                   : wanted(entry,
                            base::join(std::vector<std::string>(words.begin(), words.end()), ", "));
    }

    std::optional<tree::Node> format(const tree::Entry& entry) {
        if (!entry.value.is_string()) return wanted(entry, "a string");
        if (!is_one_of(entry.value.as_string(), formats)) return std::nullopt;
        return entry.value;
    }

    tree::Node pattern(const tree::Entry& entry) {
        if (!entry.value.is_string()) return wanted(entry, "a regular expression");
        if (auto regex = base::Regex::compile(entry.value.as_string()); !regex) {
            return fail(
                entry.key_position,
                fmt::format("the pattern is no regular expression: {}", regex.error().text));
        }
        return entry.value;
    }

    tree::Node enumeration(const tree::Entry& entry) {
        const bool good = entry.value.is_list() &&
                          std::ranges::all_of(entry.value.items(), [](const tree::Node& item) {
                              return item.is_string() || item.is_int() || item.is_bool();
                          });
        return good ? entry.value
                    : wanted(entry, "a list of strings, whole numbers, true or false");
    }

    tree::Node strings(const tree::Entry& entry) {
        const bool good = entry.value.is_list() &&
                          std::ranges::all_of(entry.value.items(), &tree::Node::is_string);
        return good ? entry.value : wanted(entry, "a list of names");
    }

    tree::Node properties(const tree::Entry& entry, Role role) {
        constexpr std::size_t most = 64;  // SchemaNode keeps a bit for each
        if (!entry.value.is_map()) return wanted(entry, "a map of schemas");
        if (entry.value.entries().size() > most) {
            return fail(entry.key_position, fmt::format("there are more than {} fields", most));
        }
        std::vector<tree::Entry> fields;
        for (const tree::Entry& field : entry.value.entries())
            fields.push_back({field.key, field.key_position, schema(field.value, role)});
        return tree::Node::map(arena_.copy(fields), entry.value.position());
    }

    /// Where a fault is shown and how a program calls it does not change the verdict.
    tree::Node rules(const tree::Entry& entry) {
        if (!entry.value.is_list()) return wanted(entry, "a list of rules");
        std::vector<tree::Node> rules;
        for (const tree::Node& item : entry.value.items()) {
            const tree::Node* rule = item.find("rule");
            const tree::Node* message = item.find("message");
            const bool good =
                rule && rule->is_string() && (message == nullptr || message->is_string());
            if (!good) return fail(item.position(), "a rule needs rule and message as strings");
            std::vector<tree::Entry> kept;
            for (const tree::Entry& part : item.entries()) {
                if (part.key != "reason" && part.key != "fieldPath") kept.push_back(part);
            }
            rules.push_back(tree::Node::map(arena_.copy(kept), item.position()));
        }
        return tree::Node::list(arena_.copy(rules), entry.value.position());
    }

    const std::string& source_;
    tree::Arena& arena_;
};

/// compile() takes it for granted that what is required is declared.
std::optional<tree::Position> undeclared(const tree::Node& schema) {
    if (const tree::Node* required = schema.find("required")) {
        const tree::Node* properties = schema.find("properties");
        for (const tree::Node& name : required->items()) {
            if (properties == nullptr || properties->find(name.as_string()) == nullptr) {
                return name.position();
            }
        }
    }
    std::optional<tree::Position> found;
    const auto below = [&found](const tree::Node& child) {
        if (!found) found = undeclared(child);
    };
    for (const tree::Entry& entry : schema.entries()) {
        if (entry.key == "properties") {
            for (const tree::Entry& field : entry.value.entries())
                below(field.value);
        } else if (entry.key == "items" || entry.key == "additionalProperties") {
            below(entry.value);
        }
    }
    return found;
}

}  // namespace

base::Result<tree::Node>
check_definition_schema(const tree::Node& schema, const std::string& source, tree::Arena& arena) {
    Checker checker(source, arena);
    const tree::Node checked = checker.root(schema);
    if (checker.fault) return *checker.fault;
    if (const auto at = undeclared(checked)) {
        return definition_fault(source, *at, "a field is required that is not in properties");
    }
    return checked;
}

}  // namespace gatefile::api::schema
