// SPDX-License-Identifier: Apache-2.0
//
// A tree that owns what it holds, for parts of an object that are carried along without a struct of
// their own. Unlike a Node it may hold secrets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gatefile/base/secret_bytes.hpp"
#include "gatefile/tree/node.hpp"

namespace gatefile::tree {

struct Value {
    struct Field;
    using List = std::vector<Value>;
    using Map = std::vector<Field>;
    std::variant<bool, std::int64_t, double, std::string, base::SecretBytes, List, Map> data =
        Map{};

    bool operator==(const Value&) const;
};

struct Value::Field {
    std::string key;
    Value value;
    bool operator==(const Field&) const = default;
};

/// What stands at `key`; null when `value` is no map or has none.
const Value* find(const Value& value, std::string_view key);
/// Puts `field` into a map (checked), in place of what it has at that key.
void set(Value& map, std::string_view key, Value field);

enum class Secrets { Reveal, Omit };

/// With Secrets::Omit a remark stands where secrets are.
Node to_node(const Value& value, Secrets secrets, Arena& arena);

}  // namespace gatefile::tree
