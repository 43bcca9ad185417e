// SPDX-License-Identifier: Apache-2.0
#include "normalise.hpp"

#include <bit>
#include <cmath>

#include <fmt/format.h>

namespace gatefile::api::schema {

namespace {

class Normaliser {
public:
    Normaliser(tree::Arena& arena, Faults& faults) : arena_(arena), faults_(faults) {}

    tree::Node
    value(const tree::Node& in, const SchemaNode& schema, const Link& at, bool& changed) {
        if (in.is_map() && !schema.properties.empty()) return object(in, schema, at, changed);
        if (in.is_map() && schema.additional) return map(in, schema, at, changed);
        if (in.is_map() && schema.type == Type::Object && !schema.preserve_unknown) {
            return object(in, schema, at, changed);
        }
        if (in.is_list() && schema.items) return list(in, schema, at, changed);
        if (in.is_float() && schema.type == Type::Integer && is_json_integer(in.as_float())) {
            changed = true;
            return tree::Node::integer(static_cast<std::int64_t>(in.as_float()), in.position());
        }
        return in;
    }

private:
    /// go-openapi takes 80.0 for an integer.
    static bool is_json_integer(double number) {
        constexpr double largest = 9007199254740991.0;
        return std::abs(number) <= largest && std::trunc(number) == number;
    }

    static bool is_absent(const tree::Node& value, const SchemaNode& schema) {
        if (value.is_null()) return !schema.nullable;
        return schema.empty_is_absent && value.is_string() && value.as_string().empty();
    }

    tree::Node
    object(const tree::Node& in, const SchemaNode& schema, const Link& at, bool& changed) {
        const std::size_t begin = entries_.size();
        std::uint64_t seen = 0;
        bool differs = false;
        for (const tree::Entry& entry : in.entries()) {
            const std::size_t index = schema.find(entry.key);
            if (index == schema.properties.size()) {
                if (schema.preserve_unknown) {
                    entries_.push_back(entry);
                    continue;
                }
                unknown(entry.key, schema, at);
                differs = true;
                continue;
            }
            const SchemaNode& child = *schema.properties[index].schema;
            if (is_absent(entry.value, child)) {
                differs = true;
                continue;
            }
            seen |= std::uint64_t{1} << index;
            tree::Entry kept = entry;
            kept.value = value(entry.value, child, at / entry.key, differs);
            entries_.push_back(kept);
        }
        for (std::uint64_t missing = schema.defaulted & ~seen; missing != 0;
             missing &= missing - 1) {
            const Property& property =
                schema.properties[static_cast<std::size_t>(std::countr_zero(missing))];
            entries_.push_back({property.name, {}, *property.schema->default_value});
            differs = true;
        }
        return finish_map(in, begin, differs, changed);
    }

    tree::Node map(const tree::Node& in, const SchemaNode& schema, const Link& at, bool& changed) {
        const std::size_t begin = entries_.size();
        bool differs = false;
        for (const tree::Entry& entry : in.entries()) {
            tree::Entry kept = entry;
            if (entry.value.is_null() && schema.additional->null_is_empty &&
                schema.additional->type == Type::String) {
                kept.value = tree::Node::string("", entry.value.position());
                differs = true;
            } else {
                kept.value = value(entry.value, *schema.additional, at / entry.key, differs);
            }
            entries_.push_back(kept);
        }
        return finish_map(in, begin, differs, changed);
    }

    tree::Node finish_map(const tree::Node& in, std::size_t begin, bool differs, bool& changed) {
        tree::Node out = in;
        if (differs) {
            const std::span<const tree::Entry> made(entries_.data() + begin,
                                                    entries_.size() - begin);
            out = tree::Node::map(arena_.copy(made), in.position());
            changed = true;
        }
        entries_.resize(begin);
        return out;
    }

    tree::Node list(const tree::Node& in, const SchemaNode& schema, const Link& at, bool& changed) {
        const std::size_t begin = nodes_.size();
        bool differs = false;
        std::size_t index = 0;
        for (const tree::Node& item : in.items()) {
            nodes_.push_back(value(item, *schema.items, at / index, differs));
            ++index;
        }
        tree::Node out = in;
        if (differs) {
            const std::span<const tree::Node> made(nodes_.data() + begin, nodes_.size() - begin);
            out = tree::Node::list(arena_.copy(made), in.position());
            changed = true;
        }
        nodes_.resize(begin);
        return out;
    }

    void unknown(std::string_view key, const SchemaNode& schema, const Link& at) {
        if (faults_.full()) return;
        const Link here = at / key;
        std::vector<std::string_view> known;
        for (const Property& property : schema.properties)
            known.push_back(property.name);
        faults_.add(diag::Code::UnknownField,
                    here,
                    fmt::format("unknown field \"{}\"", path_of(here).text()),
                    did_you_mean(key, known));
    }

    tree::Arena& arena_;
    Faults& faults_;
    std::vector<tree::Entry> entries_;  ///< of the maps being made, innermost last
    std::vector<tree::Node> nodes_;
};

}  // namespace

tree::Node
normalise(const tree::Node& object, const SchemaNode& schema, tree::Arena& arena, Faults& faults) {
    bool changed = false;
    return Normaliser(arena, faults).value(object, schema, Link{}, changed);
}

}  // namespace gatefile::api::schema
