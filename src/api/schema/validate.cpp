// SPDX-License-Identifier: Apache-2.0
#include "validate.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "endpoint_address.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/base/time.hpp"
#include "list_items.hpp"

namespace gatefile::api::schema {

namespace {

using diag::Code;

bool is_v4(const std::optional<Address>& address) {
    return address && address->is_v4;
}

bool is_v6(const std::optional<Address>& address) {
    return address && !address->is_v4;
}

std::string_view type_name(const SchemaNode& schema) {
    if (schema.int_or_string) return "integer,string";
    switch (schema.type) {
    case Type::Any:
        return "";
    case Type::Object:
        return "object";
    case Type::Array:
        return "array";
    case Type::String:
        return "string";
    case Type::Integer:
        return "integer";
    case Type::Number:
        return "number";
    case Type::Boolean:
        return "boolean";
    }
    return "";
}

bool has_type(const tree::Node& value, const SchemaNode& schema) {
    if (schema.int_or_string) return value.is_int() || value.is_string();
    switch (schema.type) {
    case Type::Any:
        return true;
    case Type::Object:
        return value.is_map();
    case Type::Array:
        return value.is_list();
    case Type::String:
        return value.is_string();
    case Type::Integer:
        return value.is_int();
    case Type::Number:
        return value.is_int() || value.is_float();
    case Type::Boolean:
        return value.is_bool();
    }
    return false;
}

class Validator {
public:
    Validator(Words words, Faults& faults) : words_(words), faults_(faults) {}

    void value(const tree::Node& value, const SchemaNode& schema, const Link& at) {
        if (value.is_null() && schema.nullable) return;
        if (!has_type(value, schema)) {
            wrong_type(value, schema, at);
            return;
        }
        switch (value.kind()) {
        case tree::Kind::String:
            text(value, schema, at);
            break;
        case tree::Kind::Int:
            number(value, schema, at);
            break;
        case tree::Kind::List:
            list(value, schema, at);
            break;
        case tree::Kind::Map:
            map(value, schema, at);
            break;
        case tree::Kind::Null:
        case tree::Kind::Bool:
        case tree::Kind::Float:
            break;
        }
        if (!schema.enumeration.empty()) enumeration(value, schema, at);
        logic(value, schema, at);
    }

private:
    static std::string in_body(const Link& at, std::string_view rest) {
        return fmt::format("{} in body {}", path_of(at).text(), rest);
    }

    std::string invalid_here(const tree::Node& value, const SchemaNode& schema, std::string why) {
        return schema.sensitive ? invalid_without_value(why) : invalid(value, why);
    }

    void wrong_type(const tree::Node& value, const SchemaNode& schema, const Link& at) {
        const std::string_view found = tree::kind_name(value.kind());
        std::string hint;
        if (schema.type == Type::String &&
            (value.is_bool() || value.is_int() || value.is_float())) {
            hint = "put the value in quotes";
        } else if (schema.type == Type::Integer && value.is_string() &&
                   base::parse_int(value.as_string())) {
            hint = "write the number without quotes";
        }
        faults_.add_blocking(
            Code::WrongType,
            at,
            fmt::format("Invalid value: \"{}\": {}: \"{}\"",
                        found,
                        in_body(at, fmt::format("must be of type {}", type_name(schema))),
                        found),
            std::move(hint));
    }

    void text(const tree::Node& value, const SchemaNode& schema, const Link& at) {
        const std::string_view content = value.as_string();
        if (schema.max_length || schema.min_length) length(value, schema, at);
        if (schema.pattern && !schema.pattern->regex.matches(content)) {
            const std::string why = fmt::format("should match '{}'", schema.pattern->text);
            faults_.add(Code::InvalidValue, at, invalid_here(value, schema, in_body(at, why)));
        }
        if (schema.format != Format::None) format(value, schema, at);
    }

    void enumeration(const tree::Node& value, const SchemaNode& schema, const Link& at) {
        std::vector<std::string_view> texts;
        for (const tree::Node& each : schema.enumeration) {
            if (tree::equal(each, value)) return;
        }
        for (const tree::Node& each : schema.enumeration) {
            if (each.is_string()) texts.push_back(each.as_string());
        }
        faults_.add_blocking(Code::InvalidValue,
                             at,
                             unsupported(value, schema.enumeration),
                             value.is_string() ? did_you_mean(value.as_string(), texts) : "");
    }

    /// Code points are at most as many as bytes, so most texts need no counting.
    void length(const tree::Node& value, const SchemaNode& schema, const Link& at) {
        const std::string_view content = value.as_string();
        const auto bytes = static_cast<std::int64_t>(content.size());
        if (schema.max_length && bytes > *schema.max_length) {
            const auto points = static_cast<std::int64_t>(base::count_code_points(content));
            if (points > *schema.max_length) {
                faults_.add_blocking(Code::InvalidValue, at, too_long(*schema.max_length));
            }
        }
        if (schema.min_length && bytes < *schema.min_length * 4) {
            const auto points = static_cast<std::int64_t>(base::count_code_points(content));
            if (points >= *schema.min_length) return;
            const auto why = fmt::format("should be at least {} chars long", *schema.min_length);
            faults_.add(Code::InvalidValue, at, invalid_here(value, schema, in_body(at, why)));
        }
    }

    void format(const tree::Node& value, const SchemaNode& schema, const Link& at) {
        const std::string_view content = value.as_string();
        bool valid = true;
        std::string_view name;
        switch (schema.format) {
        case Format::None:
        case Format::Int32:
        case Format::Int64:
            return;
        case Format::DateTime:
            name = "date-time";
            valid = base::parse_rfc3339(content).has_value();
            break;
        case Format::Ipv4:
            name = "ipv4";
            valid = is_v4(parse_address(content));
            break;
        case Format::Ipv6:
            name = "ipv6";
            valid = is_v6(parse_address(content));
            break;
        case Format::Byte:
            name = "byte";
            valid = base::decode_base64(content).has_value();
            break;
        }
        if (valid) return;
        if (schema.format == Format::Byte) {
            faults_.add(Code::InvalidValue,
                        at,
                        invalid_without_value("illegal base64 data"),
                        schema.sensitive ? "put plain text under stringData" : "");
            return;
        }
        const std::string shown = schema.sensitive ? "" : fmt::format(": {}", show(value));
        const std::string why = fmt::format("must be of type {}{}", name, shown);
        faults_.add_blocking(Code::InvalidValue, at, invalid_here(value, schema, in_body(at, why)));
    }

    void number(const tree::Node& value, const SchemaNode& schema, const Link& at) {
        const std::int64_t found = value.as_int();
        const bool too_small = schema.minimum && found < *schema.minimum;
        const bool too_large = schema.maximum && found > *schema.maximum;
        if ((too_small || too_large) && words_ == Words::GoTypes && schema.minimum &&
            schema.maximum) {
            const auto why = fmt::format(
                "must be between {} and {}, inclusive", *schema.minimum, *schema.maximum);
            faults_.add(Code::InvalidValue, at, invalid(value, why));
        } else if (too_small) {
            const auto why = fmt::format("should be greater than or equal to {}", *schema.minimum);
            faults_.add(Code::InvalidValue, at, invalid(value, in_body(at, why)));
        } else if (too_large) {
            const auto why = fmt::format("should be less than or equal to {}", *schema.maximum);
            faults_.add(Code::InvalidValue, at, invalid(value, in_body(at, why)));
        } else if (schema.format == Format::Int32 &&
                   (found < std::numeric_limits<std::int32_t>::min() ||
                    found > std::numeric_limits<std::int32_t>::max())) {
            faults_.add_blocking(
                Code::InvalidValue,
                at,
                invalid(value, in_body(at, "must be of type integer with format int32")));
        }
    }

    void list(const tree::Node& value, const SchemaNode& schema, const Link& at) {
        const std::span<const tree::Node> items = value.items();
        const auto size = static_cast<std::int64_t>(items.size());
        if (schema.max_items && size > *schema.max_items) {
            faults_.add_blocking(Code::InvalidValue, at, too_many(items.size(), *schema.max_items));
        }
        if (schema.min_items && size < *schema.min_items) {
            const auto why = fmt::format("should have at least {} items", *schema.min_items);
            faults_.add(
                Code::InvalidValue, at, invalid(tree::Node::integer(size), in_body(at, why)));
        }
        if (schema.items) {
            for (std::size_t i = 0; i < items.size() && !faults_.full(); ++i) {
                this->value(items[i], *schema.items, at / i);
            }
        }
        if (schema.list_type != ListType::Atomic) check_unique(items, schema, at, faults_);
    }

    void map(const tree::Node& value, const SchemaNode& schema, const Link& at) {
        const std::span<const tree::Entry> entries = value.entries();
        const auto size = static_cast<std::int64_t>(entries.size());
        if (schema.max_properties && size > *schema.max_properties) {
            faults_.add_blocking(
                Code::InvalidValue, at, too_many(entries.size(), *schema.max_properties));
        }
        if (schema.min_properties && size < *schema.min_properties) {
            const auto why =
                fmt::format("should have at least {} properties", *schema.min_properties);
            faults_.add(Code::InvalidValue, at, invalid_without_value(in_body(at, why)));
        }
        std::uint64_t seen = 0;
        for (const tree::Entry& entry : entries) {
            const std::size_t index = schema.find(entry.key);
            if (index < schema.properties.size()) {
                seen |= std::uint64_t{1} << index;
                this->value(entry.value, *schema.properties[index].schema, at / entry.key);
            } else if (schema.additional) {
                if (faults_.full()) return;
                this->value(entry.value, *schema.additional, at / entry.key);
            }
        }
        for (std::uint64_t missing = schema.required & ~seen; missing != 0;
             missing &= missing - 1) {
            const auto index = static_cast<std::size_t>(std::countr_zero(missing));
            faults_.add_blocking(
                Code::MissingField, at / schema.properties[index].name, required());
        }
    }

    void logic(const tree::Node& value, const SchemaNode& schema, const Link& at) {
        for (const auto& each : schema.all_of)
            this->value(value, *each, at);
        if (!schema.any_of.empty()) any_of(value, schema, at);
        if (!schema.one_of.empty()) one_of(value, schema, at);
        if (schema.negated && holds(value, *schema.negated, at)) {
            whole(at, "must not validate the schema (not)");
        }
    }

    void whole(const Link& at, std::string_view what) {
        faults_.add(Code::InvalidValue,
                    at,
                    invalid_without_value(fmt::format("\"{}\" {}", path_of(at).text(), what)));
    }

    diag::Diagnostics faults_of(const tree::Node& value, const SchemaNode& schema, const Link& at) {
        diag::Diagnostics found;
        const diag::ObjectRef nobody;
        Faults inner(nobody, found);
        Validator(words_, inner).value(value, schema, at);
        return found;
    }

    bool holds(const tree::Node& value, const SchemaNode& schema, const Link& at) {
        return faults_of(value, schema, at).empty();
    }

    /// How many alternatives hold. When none does, `why` has what the first one has to say.
    std::size_t count_valid(const tree::Node& value,
                            const std::vector<std::unique_ptr<SchemaNode>>& alternatives,
                            const Link& at,
                            diag::Diagnostics& why) {
        std::size_t valid = 0;
        for (const auto& each : alternatives) {
            diag::Diagnostics found = faults_of(value, *each, at);
            if (found.empty()) {
                ++valid;
            } else if (why.empty()) {
                why = std::move(found);
            }
        }
        return valid;
    }

    void any_of(const tree::Node& value, const SchemaNode& schema, const Link& at) {
        diag::Diagnostics why;
        if (count_valid(value, schema.any_of, at, why) > 0) return;
        whole(at, "must validate at least one schema (anyOf)");
        faults_.take(why);
    }

    void one_of(const tree::Node& value, const SchemaNode& schema, const Link& at) {
        diag::Diagnostics why;
        const std::size_t valid = count_valid(value, schema.one_of, at, why);
        if (valid == 1) return;
        const std::string found =
            valid == 0 ? "Found none valid" : fmt::format("Found {} valid alternatives", valid);
        whole(at, fmt::format("must validate one and only one schema (oneOf). {}", found));
        if (valid == 0) faults_.take(why);
    }

    Words words_;
    Faults& faults_;
};

}  // namespace

void validate(const tree::Node& value,
              const SchemaNode& schema,
              Words words,
              const Link& at,
              Faults& faults) {
    Validator(words, faults).value(value, schema, at);
}

}  // namespace gatefile::api::schema
