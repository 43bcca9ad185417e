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

Value make_error(Fault fault, std::string_view about = {});
Value make_bool(bool value);
Value make_int(std::int64_t value);
Value make_double(double value);
Value make_string(std::string_view stored);
Value make_duration(std::int64_t nanoseconds);
Value make_list(const Value* stored, std::size_t count);
Value from_node(const tree::Node& node);

/// The item of a list.
Value item_of(const Value& list, std::size_t index);

/// CEL's ==: values of different types are unequal, but 1 == 1.0; an Error stays one.
Value equal(const Value& a, const Value& b);

/// The words of cel-go: "no such key: matches".
std::string error_text(const Value& error);

}  // namespace gatefile::api::cel
