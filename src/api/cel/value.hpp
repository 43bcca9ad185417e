// SPDX-License-Identifier: Apache-2.0
//
// What an expression of the Common Expression Language evaluates to. A value only points at what it
// came from (the object, the program's literals or the evaluation's own storage).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gatefile/tree/node.hpp"

namespace gatefile::api::cel {

enum class Type : std::uint8_t {
    Error,
    Null,
    Bool,
    Int,
    Double,
    String,
    Duration,  ///< nanoseconds
    Nodes,     ///< a list of the object
    Values,    ///< a list made by the expression
    Map,
    Format,    ///< format.dns1123Label() and its kin
    Optional,  ///< only whether it has a value
};

enum class Fault : std::uint8_t {
    NoSuchKey,
    NoSuchOverload,
    IndexOutOfBounds,
    IntegerOverflow,
    DivisionByZero,
    InvalidArgument,
    OverBudget,
};

/// The formats of Kubernetes' format library that Gateway API's rules name.
enum class NamedFormat : std::uint8_t { Dns1123Label, Dns1123Subdomain, QualifiedName };

struct Value {
    Type type = Type::Error;
    Fault fault = Fault::NoSuchOverload;  ///< of an Error
    NamedFormat format{};                 ///< of a Format
    bool boolean = false;                 ///< of a Bool; of an Optional: it has a value
    std::uint32_t size = 0;               ///< bytes of a String, items of a list
    union {
        std::int64_t integer = 0;
        double floating;
        const char* bytes;  ///< of a String; of an Error: what it is about, `size` bytes
        const tree::Node* nodes;
        const Value* values;
        const tree::Node* map;
    };

    std::string_view text() const { return {bytes, size}; }
    bool is(Type wanted) const { return type == wanted; }
    bool is_true() const { return type == Type::Bool && boolean; }
    bool is_false() const { return type == Type::Bool && !boolean; }
    bool is_error() const { return type == Type::Error; }
    bool is_list() const { return type == Type::Nodes || type == Type::Values; }
};

inline Value make_error(Fault fault, std::string_view about = {}) {
    Value value;
    value.type = Type::Error;
    value.fault = fault;
    value.bytes = about.data();
    value.size = static_cast<std::uint32_t>(about.size());
    return value;
}

inline Value make_bool(bool boolean) {
    Value value;
    value.type = Type::Bool;
    value.boolean = boolean;
    return value;
}

inline Value make_int(std::int64_t integer) {
    Value value;
    value.type = Type::Int;
    value.integer = integer;
    return value;
}

inline Value make_double(double floating) {
    Value value;
    value.type = Type::Double;
    value.floating = floating;
    return value;
}

inline Value make_string(std::string_view stored) {
    Value value;
    value.type = Type::String;
    value.bytes = stored.data();
    value.size = static_cast<std::uint32_t>(stored.size());
    return value;
}

inline Value make_duration(std::int64_t nanoseconds) {
    Value value;
    value.type = Type::Duration;
    value.integer = nanoseconds;
    return value;
}

inline Value make_list(const Value* stored, std::size_t count) {
    Value value;
    value.type = Type::Values;
    value.values = stored;
    value.size = static_cast<std::uint32_t>(count);
    return value;
}

inline Value from_node(const tree::Node& node) {
    switch (node.kind()) {
    case tree::Kind::Null: {
        Value value;
        value.type = Type::Null;
        return value;
    }
    case tree::Kind::Bool:
        return make_bool(node.as_bool());
    case tree::Kind::Int:
        return make_int(node.as_int());
    case tree::Kind::Float:
        return make_double(node.as_float());
    case tree::Kind::String:
        return make_string(node.as_string());
    case tree::Kind::List: {
        Value value;
        value.type = Type::Nodes;
        value.nodes = node.items().data();
        value.size = static_cast<std::uint32_t>(node.items().size());
        return value;
    }
    case tree::Kind::Map: {
        Value value;
        value.type = Type::Map;
        value.map = &node;
        value.size = static_cast<std::uint32_t>(node.entries().size());
        return value;
    }
    }
    return make_error(Fault::NoSuchOverload);
}

/// The item of a list.
inline Value item_of(const Value& list, std::size_t index) {
    return list.type == Type::Nodes ? from_node(list.nodes[index]) : list.values[index];
}

/// CEL's ==: values of different types are unequal, but 1 == 1.0; an Error stays one.
Value equal(const Value& a, const Value& b);

/// The words of cel-go: "no such key: matches".
std::string error_text(const Value& error);

}  // namespace gatefile::api::cel
