// SPDX-License-Identifier: Apache-2.0
#include "value.hpp"

#include <fmt/format.h>

#include "gatefile/base/same_text.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::api::cel {

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
        return make_bool(base::same_text(a.text(), b.text()));
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
