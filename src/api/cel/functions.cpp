// SPDX-License-Identifier: Apache-2.0
#include "functions.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "../schema/endpoint_address.hpp"
#include "../schema/names.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::api::cel {

namespace {

/// The byte at which the code point `index` starts; nothing when the text is shorter.
std::optional<std::size_t> byte_of(std::string_view text, std::int64_t index) {
    std::size_t at = 0;
    for (std::int64_t i = 0; i < index; ++i) {
        if (at >= text.size()) return std::nullopt;
        ++at;
        while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0u) == 0x80u)
            ++at;
    }
    return at;
}

struct Unit {
    std::string_view name;
    std::int64_t nanoseconds;
};

constexpr std::array<Unit, 8> units = {{
    {"ns", 1},
    {"us", 1'000},
    {"\u00b5s", 1'000},
    {"\u03bcs", 1'000},
    {"ms", 1'000'000},
    {"s", 1'000'000'000},
    {"m", 60'000'000'000},
    {"h", 3'600'000'000'000},
}};

const Unit* unit_at(std::string_view text) {
    const Unit* found = nullptr;
    for (const Unit& unit : units) {
        if (text.starts_with(unit.name) && (!found || unit.name.size() > found->name.size())) {
            found = &unit;
        }
    }
    return found;
}

std::size_t count_digits(std::string_view text) {
    std::size_t count = 0;
    while (count < text.size() && text[count] >= '0' && text[count] <= '9')
        ++count;
    return count;
}

/// One group, "1.5h", taken off `text`.
std::optional<std::int64_t> take_group(std::string_view& text) {
    const std::size_t whole_digits = count_digits(text);
    const auto whole = whole_digits == 0 ? 0 : base::parse_int(text.substr(0, whole_digits));
    if (!whole) return std::nullopt;
    text.remove_prefix(whole_digits);
    double fraction = 0;
    std::size_t fraction_digits = 0;
    if (!text.empty() && text[0] == '.') {
        text.remove_prefix(1);
        fraction_digits = count_digits(text);
        double scale = 1;
        for (std::size_t i = 0; i < fraction_digits; ++i) {
            scale /= 10;
            fraction += scale * (text[i] - '0');
        }
        text.remove_prefix(fraction_digits);
    }
    const Unit* unit = unit_at(text);
    if (!unit || whole_digits + fraction_digits == 0) return std::nullopt;
    text.remove_prefix(unit->name.size());
    std::int64_t total = 0;
    if (__builtin_mul_overflow(*whole, unit->nanoseconds, &total)) return std::nullopt;
    const double part = fraction * static_cast<double>(unit->nanoseconds);
    if (__builtin_add_overflow(total, std::llround(part), &total)) return std::nullopt;
    return total;
}

}  // namespace

Value size_of(const Value& value) {
    if (value.is_error()) return value;
    if (value.is(Type::String)) {
        return make_int(static_cast<std::int64_t>(base::count_code_points(value.text())));
    }
    if (value.is_list() || value.is(Type::Map)) return make_int(value.size);
    return make_error(Fault::NoSuchOverload);
}

Value substring(const Value& text, const Value& from, std::optional<Value> to) {
    if (text.is_error()) return text;
    if (!text.is(Type::String) || !from.is(Type::Int) || (to && !to->is(Type::Int))) {
        return make_error(Fault::NoSuchOverload);
    }
    if (from.integer < 0 || (to && to->integer < from.integer)) {
        return make_error(Fault::IndexOutOfBounds);
    }
    const auto begin = byte_of(text.text(), from.integer);
    const auto end = to ? byte_of(text.text(), to->integer) : text.text().size();
    if (!begin || !end) return make_error(Fault::IndexOutOfBounds);
    return make_string(text.text().substr(*begin, *end - *begin));
}

std::optional<std::int64_t> parse_go_duration(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    if (text == "0") return 0;
    if (text.empty()) return std::nullopt;
    std::int64_t total = 0;
    while (!text.empty()) {
        const auto group = take_group(text);
        if (!group || __builtin_add_overflow(total, *group, &total)) return std::nullopt;
    }
    return negative ? -total : total;
}

Value duration(const Value& text) {
    if (text.is_error()) return text;
    if (!text.is(Type::String)) return make_error(Fault::NoSuchOverload);
    const auto nanoseconds = parse_go_duration(text.text());
    return nanoseconds ? make_duration(*nanoseconds)
                       : make_error(Fault::InvalidArgument, text.text());
}

bool is_ip(std::string_view text) {
    const std::optional<schema::Address> address = schema::parse_address(text);
    if (!address) return false;
    constexpr std::array<std::uint8_t, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    return address->is_v4 || !std::equal(mapped.begin(), mapped.end(), address->bytes.begin());
}

Value validate(const Value& format, const Value& text) {
    if (format.is_error()) return format;
    if (text.is_error()) return text;
    if (!format.is(Type::Format) || !text.is(Type::String)) {
        return make_error(Fault::NoSuchOverload);
    }
    bool valid = false;
    switch (format.format) {
    case NamedFormat::Dns1123Label:
        valid = schema::is_dns1123_label(text.text());
        break;
    case NamedFormat::Dns1123Subdomain:
        valid = schema::is_dns1123_subdomain(text.text());
        break;
    case NamedFormat::QualifiedName:
        valid = schema::is_qualified_name(text.text());
        break;
    }
    Value value;
    value.type = Type::Optional;
    value.boolean = !valid;
    return value;
}

Value add_numbers(const Value& a, const Value& b) {
    if (a.is(Type::Double) && b.is(Type::Double)) return make_double(a.floating + b.floating);
    std::int64_t sum = 0;
    if (a.type != b.type || !(a.is(Type::Int) || a.is(Type::Duration))) {
        return make_error(Fault::NoSuchOverload);
    }
    if (__builtin_add_overflow(a.integer, b.integer, &sum)) {
        return make_error(Fault::IntegerOverflow);
    }
    return a.is(Type::Int) ? make_int(sum) : make_duration(sum);
}

Value calculate(Arithmetic operation, const Value& a, const Value& b) {
    if (a.is_error()) return a;
    if (b.is_error()) return b;
    if (!a.is(Type::Int) || !b.is(Type::Int)) return make_error(Fault::NoSuchOverload);
    const bool divides = operation == Arithmetic::Divide || operation == Arithmetic::Modulo;
    if (divides && b.integer == 0) return make_error(Fault::DivisionByZero);
    if (divides && a.integer == INT64_MIN && b.integer == -1) {
        return make_error(Fault::IntegerOverflow);
    }
    std::int64_t result = 0;
    bool overflow = false;
    switch (operation) {
    case Arithmetic::Subtract:
        overflow = __builtin_sub_overflow(a.integer, b.integer, &result);
        break;
    case Arithmetic::Multiply:
        overflow = __builtin_mul_overflow(a.integer, b.integer, &result);
        break;
    case Arithmetic::Divide:
        result = a.integer / b.integer;
        break;
    case Arithmetic::Modulo:
        result = a.integer % b.integer;
        break;
    }
    return overflow ? make_error(Fault::IntegerOverflow) : make_int(result);
}

Value compare(const Value& a, const Value& b) {
    if (a.is_error()) return a;
    if (b.is_error()) return b;
    if (a.is(Type::String) && b.is(Type::String)) return make_int(a.text().compare(b.text()));
    if (a.type == b.type && (a.is(Type::Int) || a.is(Type::Duration) || a.is(Type::Bool))) {
        const std::int64_t left = a.is(Type::Bool) ? a.boolean : a.integer;
        const std::int64_t right = b.is(Type::Bool) ? b.boolean : b.integer;
        return make_int(left < right ? -1 : left > right ? 1 : 0);
    }
    const bool numbers =
        (a.is(Type::Int) || a.is(Type::Double)) && (b.is(Type::Int) || b.is(Type::Double));
    if (!numbers) return make_error(Fault::NoSuchOverload);
    const double left = a.is(Type::Int) ? static_cast<double>(a.integer) : a.floating;
    const double right = b.is(Type::Int) ? static_cast<double>(b.integer) : b.floating;
    return make_int(left < right ? -1 : left > right ? 1 : 0);
}

}  // namespace gatefile::api::cel
