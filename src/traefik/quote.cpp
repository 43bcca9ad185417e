// SPDX-License-Identifier: Apache-2.0
#include "quote.hpp"

#include <algorithm>

namespace gatefile::traefik {
namespace {

bool is_printable_ascii(char c) {
    return c >= ' ' && c <= '~';
}

}  // namespace

void append_literal(std::string& rule, std::string_view text) {
    const bool raw = std::all_of(
        text.begin(), text.end(), [](char c) { return is_printable_ascii(c) && c != '`'; });
    if (raw) {
        rule += '`';
        rule += text;
        rule += '`';
        return;
    }
    constexpr std::string_view digits = "0123456789abcdef";
    rule += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            rule += '\\';
            rule += c;
        } else if (is_printable_ascii(c)) {
            rule += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            rule += "\\x";
            rule += digits[byte >> 4U];
            rule += digits[byte & 15U];
        }
    }
    rule += '"';
}

std::string literal(std::string_view text) {
    std::string rule;
    rule.reserve(text.size() + 2);
    append_literal(rule, text);
    return rule;
}

}  // namespace gatefile::traefik
