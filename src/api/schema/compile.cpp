// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <bit>
#include <map>

#include "compiled.hpp"
#include "faults.hpp"
#include "gatefile/base/result.hpp"
#include "gatefile/base/same_text.hpp"
#include "gatefile/tree/read.hpp"
#include "normalise.hpp"
#include "validate.hpp"

namespace gatefile::api::schema {

namespace {

constexpr std::size_t most_properties = 64;  // as many as a mask has bits

/// In this order missing fields are told of.
bool goes_before(std::string_view a, std::string_view b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
}

}  // namespace

void SchemaNode::index_properties() {
    GATEFILE_CHECK(properties.size() <= most_properties);
    places.assign(std::bit_ceil(properties.size() * 2 + 1), 0);
    for (std::size_t i = 0; i < properties.size(); ++i) {
        std::size_t place = base::place_of_key(properties[i].name);
        while (places[place & (places.size() - 1)] != 0)
            ++place;
        places[place & (places.size() - 1)] = static_cast<std::uint8_t>(i + 1);
    }
}

std::size_t SchemaNode::find(std::string_view name) const {
    if (properties.empty()) return 0;
    for (std::size_t place = base::place_of_key(name);; ++place) {
        const std::size_t index = places[place & (places.size() - 1)];
        if (index == 0) return properties.size();
        if (base::same_text(properties[index - 1].name, name)) return index - 1;
    }
}

namespace {

template <typename T>
struct Word {
    std::string_view text;
    T value;
};

constexpr std::array<Word<Type>, 6> types = {{{"object", Type::Object},
                                              {"array", Type::Array},
                                              {"string", Type::String},
                                              {"integer", Type::Integer},
                                              {"number", Type::Number},
                                              {"boolean", Type::Boolean}}};
constexpr std::array<Word<Format>, 6> formats = {{{"int32", Format::Int32},
                                                  {"int64", Format::Int64},
                                                  {"date-time", Format::DateTime},
                                                  {"ipv4", Format::Ipv4},
                                                  {"ipv6", Format::Ipv6},
                                                  {"byte", Format::Byte}}};
constexpr std::array<Word<ListType>, 3> list_types = {
    {{"atomic", ListType::Atomic}, {"set", ListType::Set}, {"map", ListType::Map}}};

template <typename T, std::size_t N>
T lookup(const std::array<Word<T>, N>& words, std::string_view text) {
    const auto* found = std::find_if(
        words.begin(), words.end(), [&](const Word<T>& word) { return word.text == text; });
    GATEFILE_CHECK(found != words.end());
    return found->value;
}

class Compiler {
public:
    explicit Compiler(bool go_types) : go_types_(go_types) {}

    std::unique_ptr<SchemaNode> node(const tree::Node& source) {
        auto out = std::make_unique<SchemaNode>();
        for (const tree::Entry& entry : source.entries()) {
            if (!shape(*out, entry.key, entry.value) && !limit(*out, entry.key, entry.value)) {
                logic(*out, entry.key, entry.value);
            }
        }
        if (const tree::Node* required = source.find("required")) require(*out, *required);
        settle(*out);
        return out;
    }

    /// Bits and flags that follow from the children.
    static void settle(SchemaNode& out) {
        out.has_rules = !out.rules.empty();
        out.required = out.defaulted = 0;
        for (std::size_t i = 0; i < out.properties.size(); ++i) {
            const Property& property = out.properties[i];
            out.has_rules = out.has_rules || property.schema->has_rules;
            if (property.required) out.required |= std::uint64_t{1} << i;
            if (property.schema->default_value) out.defaulted |= std::uint64_t{1} << i;
        }
        if (out.items) out.has_rules = out.has_rules || out.items->has_rules;
        if (out.additional) out.has_rules = out.has_rules || out.additional->has_rules;
    }

private:
    bool shape(SchemaNode& out, std::string_view key, const tree::Node& value) {
        if (key == "type") {
            out.type = lookup(types, value.as_string());
        } else if (key == "format") {
            out.format = lookup(formats, value.as_string());
        } else if (key == "properties") {
            properties(out, value);
        } else if (key == "items") {
            out.items = node(value);
        } else if (key == "additionalProperties") {
            out.additional = node(value);
            out.additional->null_is_empty = go_types_;
        } else if (key == "default") {
            out.default_value = value;
        } else if (key == "nullable") {
            out.nullable = value.as_bool();
        } else if (key == "x-kubernetes-int-or-string") {
            out.int_or_string = value.as_bool();
        } else if (key == "x-kubernetes-preserve-unknown-fields") {
            out.preserve_unknown = value.as_bool();
        } else if (key == "x-gatefile-empty-is-absent") {
            out.empty_is_absent = value.as_bool();
        } else if (key == "x-gatefile-sensitive") {
            out.sensitive = value.as_bool();
            if (out.additional) out.additional->sensitive = out.sensitive;
        } else {
            return false;
        }
        return true;
    }

    bool limit(SchemaNode& out, std::string_view key, const tree::Node& value) {
        const std::array<Word<std::optional<std::int64_t>*>, 8> limits = {
            {{"minLength", &out.min_length},
             {"maxLength", &out.max_length},
             {"minItems", &out.min_items},
             {"maxItems", &out.max_items},
             {"minProperties", &out.min_properties},
             {"maxProperties", &out.max_properties},
             {"minimum", &out.minimum},
             {"maximum", &out.maximum}}};
        for (const auto& each : limits) {
            if (each.text != key) continue;
            *each.value = value.as_int();
            return true;
        }
        if (key == "pattern") {
            out.pattern = Pattern{value.as_string(), regex(value.as_string())};
        } else if (key == "enum") {
            out.enumeration.assign(value.items().begin(), value.items().end());
        } else if (key == "x-kubernetes-list-type") {
            out.list_type = lookup(list_types, value.as_string());
        } else if (key == "x-kubernetes-list-map-keys") {
            for (const tree::Node& item : value.items())
                out.list_keys.push_back(item.as_string());
        } else {
            return false;
        }
        return true;
    }

    void logic(SchemaNode& out, std::string_view key, const tree::Node& value) {
        if (key == "allOf") {
            alternatives(out.all_of, value);
        } else if (key == "anyOf") {
            alternatives(out.any_of, value);
        } else if (key == "oneOf") {
            alternatives(out.one_of, value);
        } else if (key == "not") {
            out.negated = node(value);
        } else if (key == "x-kubernetes-validations") {
            for (const tree::Node& rule : value.items())
                out.rules.push_back(compile_rule(rule));
        } else {
            GATEFILE_CHECK(key == "required");
        }
    }

    void properties(SchemaNode& out, const tree::Node& value) {
        for (const tree::Entry& entry : value.entries()) {
            out.properties.push_back({.name = entry.key, .schema = node(entry.value)});
        }
        std::sort(out.properties.begin(), out.properties.end(), [](const auto& a, const auto& b) {
            return goes_before(a.name, b.name);
        });
        out.index_properties();
    }

    static void require(SchemaNode& out, const tree::Node& names) {
        for (const tree::Node& name : names.items()) {
            const std::size_t index = out.find(name.as_string());
            GATEFILE_CHECK(index < out.properties.size());
            out.properties[index].required = true;
        }
    }

    void alternatives(std::vector<std::unique_ptr<SchemaNode>>& out, const tree::Node& value) {
        for (const tree::Node& item : value.items())
            out.push_back(node(item));
    }

    /// The same few patterns occur in many places.
    base::Regex regex(std::string_view pattern) {
        const auto found = regexes_.find(pattern);
        if (found != regexes_.end()) return found->second;
        auto compiled = base::Regex::compile(pattern);
        GATEFILE_CHECK(compiled.has_value());
        return regexes_.emplace(pattern, *compiled).first->second;
    }

    static std::unique_ptr<Rule> compile_rule(const tree::Node& source) {
        auto rule = std::make_unique<Rule>();
        rule->text = source.find("rule")->as_string();
        const tree::Node* message = source.find("message");
        if (message) rule->message = message->as_string();
        for (const tree::Entry& entry : source.entries()) {
            if (entry.key != "rule" && entry.key != "message") {
                rule->unsupported = std::string(entry.key) + " is not supported";
            }
        }
        if (auto done = cel::compile(rule->text, rule->program); !done) {
            rule->unsupported = done.error().text;
        }
        return rule;
    }

    bool go_types_;
    std::map<std::string_view, base::Regex> regexes_;
};

/// Makes every default complete, so that it is inserted as it is: children before parents.
/// Gives the place of a default that its own schema refuses.
std::optional<tree::Position> complete_defaults(SchemaNode& schema, tree::Arena& arena) {
    std::optional<tree::Position> bad;
    const auto below = [&](SchemaNode& child) {
        const auto found = complete_defaults(child, arena);
        if (!bad) bad = found;
    };
    for (Property& property : schema.properties)
        below(*property.schema);
    if (schema.items) below(*schema.items);
    if (schema.additional) below(*schema.additional);
    if (!schema.default_value) return bad;
    diag::Diagnostics found;
    const diag::ObjectRef nobody;
    Faults faults(nobody, found);
    const tree::Position at = schema.default_value->position();
    schema.default_value = normalise(*schema.default_value, schema, arena, faults);
    validate(*schema.default_value, schema, Words::Crd, Link{}, faults);
    return found.empty() ? bad : at;
}

/// Null when the version is not in the data.
const tree::Node* find_schema(const tree::Node& file, std::string_view version) {
    for (const tree::Node& entry : file.find("schemas")->items()) {
        for (const tree::Node& each : entry.find("versions")->items()) {
            if (each.as_string() == version) return entry.find("schema");
        }
    }
    return nullptr;
}

const tree::Node& schema_of(const tree::Node& file, std::string_view version) {
    const tree::Node* found = find_schema(file, version);
    GATEFILE_CHECK(found != nullptr);
    return *found;
}

tree::Document parse(const EmbeddedSchema& embedded) {
    auto read = tree::read_json(embedded.text);
    GATEFILE_CHECK(read.has_value());
    return *std::move(read);
}

/// Puts ObjectMeta in place and completes what `source` says.
std::optional<tree::Position>
finish(const tree::Node& source, const EmbeddedSchema& object_meta, CompiledSchema& out) {
    const std::unique_ptr<SchemaNode> root = Compiler(out.go_types).node(source);
    out.root = std::move(*root);
    const std::size_t metadata = out.root.find("metadata");
    GATEFILE_CHECK(metadata < out.root.properties.size());
    out.meta_document = parse(object_meta);
    out.root.properties[metadata].schema =
        Compiler(true).node(schema_of(out.meta_document.root, "v1"));
    const auto bad = complete_defaults(out.root, *out.document.arena);
    Compiler::settle(out.root);
    return bad;
}

}  // namespace

bool has_version(const EmbeddedSchema& embedded, std::string_view version) {
    return find_schema(parse(embedded).root, version) != nullptr;
}

bool are_one(const EmbeddedSchema& embedded, std::string_view a, std::string_view b) {
    const tree::Document document = parse(embedded);
    const tree::Node* found = find_schema(document.root, a);
    return found != nullptr && found == find_schema(document.root, b);
}

std::unique_ptr<const CompiledSchema> compile(const EmbeddedSchema& embedded,
                                              std::string_view version,
                                              const EmbeddedSchema& object_meta) {
    auto out = std::make_unique<CompiledSchema>();
    out->document = parse(embedded);
    const tree::Node* go_types = out->document.root.find("goTypes");
    out->go_types = go_types && go_types->as_bool();
    GATEFILE_CHECK(!finish(schema_of(out->document.root, version), object_meta, *out));
    return out;
}

std::unique_ptr<const CompiledSchema> compile(tree::Document document,
                                              const EmbeddedSchema& object_meta,
                                              std::optional<tree::Position>& bad_default) {
    auto out = std::make_unique<CompiledSchema>();
    out->document = std::move(document);
    bad_default = finish(out->document.root, object_meta, *out);
    return out;
}

}  // namespace gatefile::api::schema
