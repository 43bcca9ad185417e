// SPDX-License-Identifier: Apache-2.0
#include "gatefile/base/time.hpp"

#include <fmt/format.h>

namespace gatefile::base {
namespace {

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Takes `count` digits off the front of the text.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
    if (text.size() < count) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (!is_digit(text[i])) return std::nullopt;
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(count);
    return value;
}

bool take(std::string_view& text, std::string_view expected) {
    if (!text.starts_with(expected)) return false;
    text.remove_prefix(expected.size());
    return true;
}

bool take_fraction(std::string_view& text) {
    if (!take(text, ".")) return true;
    if (text.empty() || !is_digit(text.front())) return false;
    while (!text.empty() && is_digit(text.front()))
        text.remove_prefix(1);
    return true;
}

/// Seconds east of Greenwich from "Z" or "+02:00".
std::optional<std::int64_t> take_offset(std::string_view& text) {
    if (take(text, "Z")) return 0;
    if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
    const int sign = text.front() == '-' ? -1 : 1;
    text.remove_prefix(1);
    const auto hours = take_digits(text, 2);
    if (!hours || !take(text, ":")) return std::nullopt;
    const auto minutes = take_digits(text, 2);
    if (!minutes || *hours > 24 || *minutes > 60) return std::nullopt;
    return sign * (*hours * 3600 + *minutes * 60);
}

}  // namespace

std::optional<Timestamp> parse_rfc3339(std::string_view text) {
    const auto year = take_digits(text, 4);
    if (!year || !take(text, "-")) return std::nullopt;
    const auto month = take_digits(text, 2);
    if (!month || !take(text, "-")) return std::nullopt;
    const auto day = take_digits(text, 2);
    if (!day || !take(text, "T")) return std::nullopt;
    const auto hour = take_digits(text, 2);
    if (!hour || !take(text, ":")) return std::nullopt;
    const auto minute = take_digits(text, 2);
    if (!minute || !take(text, ":")) return std::nullopt;
    const auto second = take_digits(text, 2);
    if (!second || !take_fraction(text)) return std::nullopt;
    const auto offset = take_offset(text);
    if (!offset || !text.empty()) return std::nullopt;

    const std::chrono::year_month_day date{std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    return Timestamp{days * 86400 + *hour * 3600 + *minute * 60 + *second - *offset};
}

std::string format_rfc3339(Timestamp at) {
    const std::chrono::sys_seconds moment{std::chrono::seconds(at.seconds)};
    const auto midnight = std::chrono::floor<std::chrono::days>(moment);
    const std::chrono::year_month_day date(midnight);
    const std::chrono::hh_mm_ss clock(moment - midnight);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
                       static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()),
                       clock.hours().count(),
                       clock.minutes().count(),
                       clock.seconds().count());
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    std::chrono::milliseconds total{0};
    int groups = 0;
    while (!text.empty()) {
        std::size_t digits = 0;
        while (digits < text.size() && is_digit(text[digits]))
            ++digits;
        if (digits == 0 || digits > 5 || ++groups > 4) return std::nullopt;
        const auto number = take_digits(text, digits);
        if (!number) return std::nullopt;
        if (take(text, "ms"))
            total += std::chrono::milliseconds(*number);
        else if (take(text, "h"))
            total += std::chrono::hours(*number);
        else if (take(text, "m"))
            total += std::chrono::minutes(*number);
        else if (take(text, "s"))
            total += std::chrono::seconds(*number);
        else
            return std::nullopt;
    }
    if (groups == 0) return std::nullopt;
    return total;
}

std::string format_go_duration(std::chrono::milliseconds duration) {
    return fmt::format("{}ms", duration.count());
}

Timestamp wall_clock() {
    const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::seconds>(since_1970).count()};
}

}  // namespace gatefile::base
