// SPDX-License-Identifier: Apache-2.0
#include "value.hpp"

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::api::cel {

Value make_error(Fault fault, std::string_view about) {
    Value value;
    value.type = Type::Error;
    value.fault = fault;
    value.bytes = about.data();
    value.size = static_cast<std::uint32_t>(about.size());
    return value;
}

Value make_bool(bool boolean) {
    Value value;
    value.type = Type::Bool;
    value.boolean = boolean;
    return value;
}

Value make_int(std::int64_t integer) {
    Value value;
    value.type = Type::Int;
    value.integer = integer;
    return value;
}

Value make_double(double floating) {
    Value value;
    value.type = Type::Double;
    value.floating = floating;
    return value;
}

Value make_string(std::string_view stored) {
    Value value;
    value.type = Type::String;
    value.bytes = stored.data();
    value.size = static_cast<std::uint32_t>(stored.size());
    return value;
}

Value make_duration(std::int64_t nanoseconds) {
    Value value;
    value.type = Type::Duration;
    value.integer = nanoseconds;
    return value;
}

Value make_list(const Value* stored, std::size_t count) {
    Value value;
    value.type = Type::Values;
    value.values = stored;
    value.size = static_cast<std::uint32_t>(count);
    return value;
}

Value from_node(const tree::Node& node) {
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

Value item_of(const Value& list, std::size_t index) {
    return list.type == Type::Nodes ? from_node(list.nodes[index]) : list.values[index];
}

namespace {

Value equal_lists(const Value& a, const Value& b) {
    if (a.size != b.size) return make_bool(false);
    for (std::size_t i = 0; i < a.size; ++i) {
        const Value same = equal(item_of(a, i), item_of(b, i));
        if (!same.is_true()) return same;
    }
    return make_bool(true);
}

Value equal_numbers(const Value& a, const Value& b) {
    const double left = a.is(Type::Int) ? static_cast<double>(a.integer) : a.floating;
    const double right = b.is(Type::Int) ? static_cast<double>(b.integer) : b.floating;
    return make_bool(left == right);
}

bool is_number(const Value& value) {
    return value.is(Type::Int) || value.is(Type::Double);
}

}  // namespace

Value equal(const Value& a, const Value& b) {
    if (a.is_error()) return a;
    if (b.is_error()) return b;
    if (a.is_list() && b.is_list()) return equal_lists(a, b);
    if (a.type != b.type) {
        return is_number(a) && is_number(b) ? equal_numbers(a, b) : make_bool(false);
    }
    switch (a.type) {
    case Type::Null:
        return make_bool(true);
    case Type::Bool:
        return make_bool(a.boolean == b.boolean);
    case Type::Int:
    case Type::Duration:
        return make_bool(a.integer == b.integer);
    case Type::Double:
        return make_bool(a.floating == b.floating);
    case Type::String:
        return make_bool(a.text() == b.text());
    case Type::Map:
        return make_bool(tree::equal(*a.map, *b.map));
    case Type::Error:
    case Type::Nodes:
    case Type::Values:
    case Type::Format:
    case Type::Optional:
        break;
    }
    return make_error(Fault::NoSuchOverload);
}

std::string error_text(const Value& error) {
    switch (error.fault) {
    case Fault::NoSuchKey:
        return fmt::format("no such key: {}", error.text());
    case Fault::NoSuchOverload:
        return "no such overload";
    case Fault::IndexOutOfBounds:
        return "index out of bounds";
    case Fault::IntegerOverflow:
        return "integer overflow";
    case Fault::DivisionByZero:
        return "division by zero";
    case Fault::InvalidArgument:
        return fmt::format("invalid argument: {}", base::quote_for_message(error.text()));
    case Fault::OverBudget:
        return "operation cancelled: actual cost limit exceeded";
    }
    return {};
}

}  // namespace gatefile::api::cel
