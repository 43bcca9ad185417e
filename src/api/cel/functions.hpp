// SPDX-License-Identifier: Apache-2.0
//
// CEL's functions on values, without the evaluation around them. An argument of another type than
// the function takes gives Fault::NoSuchOverload.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "value.hpp"

namespace gatefile::api::cel {

/// Code points of a string, items of a list, keys of a map.
Value size_of(const Value& value);

/// The part of a string from one code point up to another.
Value substring(const Value& text, const Value& from, std::optional<Value> to);

/// Go's time.ParseDuration, in nanoseconds.
std::optional<std::int64_t> parse_go_duration(std::string_view text);
Value duration(const Value& text);

/// Kubernetes' isIP: an IPv4 or IPv6 address, without zone, not IPv4-mapped.
bool is_ip(std::string_view text);

/// Of a Format: an Optional that has a value (the reasons) when the text is not valid.
Value validate(const Value& format, const Value& text);

enum class Arithmetic : std::uint8_t { Subtract, Multiply, Divide, Modulo };
Value add_numbers(const Value& a, const Value& b);
Value calculate(Arithmetic operation, const Value& a, const Value& b);

/// Below 0, 0 or above 0 as an Int; only values of one kind have an order.
Value compare(const Value& a, const Value& b);

}  // namespace gatefile::api::cel
