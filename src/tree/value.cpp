// SPDX-License-Identifier: Apache-2.0
#include "gatefile/tree/value.hpp"

#include <algorithm>
#include <utility>

#include "gatefile/base/overloaded.hpp"
#include "gatefile/base/result.hpp"

namespace gatefile::tree {

bool Value::operator==(const Value&) const = default;

const Value* find(const Value& value, std::string_view key) {
    const auto* map = std::get_if<Value::Map>(&value.data);
    if (map == nullptr) return nullptr;
    const auto found = std::ranges::find(*map, key, &Value::Field::key);
    return found == map->end() ? nullptr : &found->value;
}

void set(Value& map, std::string_view key, Value field) {
    auto* fields = std::get_if<Value::Map>(&map.data);
    GATEFILE_CHECK(fields != nullptr);
    const auto found = std::ranges::find(*fields, key, &Value::Field::key);
    if (found == fields->end()) {
        fields->push_back({std::string(key), std::move(field)});
    } else {
        found->value = std::move(field);
    }
}

Node to_node(const Value& value, Secrets secrets, Arena& arena) {
    return std::visit(
        base::Overloaded{
            [](bool flag) { return Node::boolean(flag); },
            [](std::int64_t number) { return Node::integer(number); },
            [](double number) { return Node::floating(number); },
            [&](const std::string& text) { return Node::string(arena.copy(text)); },
            [&](const base::SecretBytes& secret) {
                return Node::string(secrets == Secrets::Reveal ? arena.copy(secret.reveal())
                                                               : "secret omitted");
            },
            [&](const Value::List& list) {
                std::vector<Node> items;
                items.reserve(list.size());
                for (const Value& item : list)
                    items.push_back(to_node(item, secrets, arena));
                return Node::list(arena.copy(items));
            },
            [&](const Value::Map& map) {
                std::vector<Entry> entries;
                entries.reserve(map.size());
                for (const Value::Field& field : map) {
                    entries.push_back(
                        {arena.copy(field.key), {}, to_node(field.value, secrets, arena)});
                }
                return Node::map(arena.copy(entries));
            },
        },
        value.data);
}

}  // namespace gatefile::tree
