// SPDX-License-Identifier: Apache-2.0
#include "check/go_string.hpp"

#include <charconv>
#include <cstdint>

#include "gatefile/base/regex.hpp"

namespace gatefile::traefik::check {
namespace {

void append_utf8(std::string& out, std::uint32_t code) {
    const auto byte = [&](std::uint32_t value) { out += static_cast<char>(value); };
    if (code < 0x80) {
        byte(code);
    } else if (code < 0x800) {
        byte(0xC0 | code >> 6);
        byte(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        byte(0xE0 | code >> 12);
        byte(0x80 | (code >> 6 & 0x3F));
        byte(0x80 | (code & 0x3F));
    } else {
        byte(0xF0 | code >> 18);
        byte(0x80 | (code >> 12 & 0x3F));
        byte(0x80 | (code >> 6 & 0x3F));
        byte(0x80 | (code & 0x3F));
    }
}

std::optional<std::uint32_t> number(std::string_view digits, std::size_t length, int base) {
    if (digits.size() < length) return std::nullopt;
    std::uint32_t value = 0;
    const char* const end = digits.data() + length;
    const auto [stop, error] = std::from_chars(digits.data(), end, value, base);
    if (error != std::errc() || stop != end) return std::nullopt;
    return value;
}

/// What stands behind a backslash, at the front of `text`; how much of it was taken, 0 for nothing
/// that Go knows.
std::size_t append_escape(std::string& out, std::string_view text) {
    if (text.empty()) return 0;
    constexpr std::string_view names = "abfnrtv\\\"";
    constexpr std::string_view values = "\a\b\f\n\r\t\v\\\"";
    if (const std::size_t known = names.find(text[0]); known != std::string_view::npos) {
        out += values[known];
        return 1;
    }
    if (text[0] >= '0' && text[0] <= '7') {
        const auto value = number(text, 3, 8);
        if (!value || *value > 255) return 0;
        out += static_cast<char>(*value);
        return 3;
    }
    const std::size_t length = text[0] == 'x' ? 2 : text[0] == 'u' ? 4 : text[0] == 'U' ? 8 : 0;
    if (length == 0) return 0;
    const auto value = number(text.substr(1), length, 16);
    if (!value) return 0;
    if (text[0] == 'x') {
        out += static_cast<char>(*value);
        return 3;
    }
    if (*value > 0x10FFFF || (*value >= 0xD800 && *value < 0xE000)) return 0;
    append_utf8(out, *value);
    return length + 1;
}

}  // namespace

std::size_t go_string_length(std::string_view text) {
    const char quote = text.front();
    for (std::size_t at = 1; at < text.size(); ++at) {
        if (text[at] == quote) return at + 1;
        if (quote != '`' && text[at] == '\n') return 0;
        if (quote != '`' && text[at] == '\\') ++at;
    }
    return 0;
}

std::optional<std::string> go_unquote(std::string_view literal) {
    const std::string_view inside = literal.substr(1, literal.size() - 2);
    std::string value;
    for (std::size_t at = 0; at < inside.size(); ++at) {
        if (literal.front() == '`') {
            // Go drops carriage returns from raw strings.
            if (inside[at] != '\r') value += inside[at];
            continue;
        }
        if (inside[at] != '\\') {
            value += inside[at];
            continue;
        }
        const std::size_t taken = append_escape(value, inside.substr(at + 1));
        if (taken == 0) return std::nullopt;
        at += taken;
    }
    return value;
}

bool is_go_number(std::string_view text) {
    static const auto pattern = base::Regex::compile(
        R"(^[+-]?(0[xX](_?[0-9a-fA-F])+(\.[0-9a-fA-F]*)?([pP][+-]?[0-9]+)?|0[bB](_?[01])+|)"
        R"(0[oO](_?[0-7])+|([0-9](_?[0-9])*(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?)i?$)");
    return pattern && pattern->matches(text);
}

}  // namespace gatefile::traefik::check
