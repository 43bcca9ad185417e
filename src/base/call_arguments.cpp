// SPDX-License-Identifier: Apache-2.0
#include "gatefile/base/call_arguments.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "gatefile/base/strings.hpp"

namespace gatefile::base {

namespace {

bool is_quote(char c) {
    return c == '`' || c == '"';
}

bool is_word_part(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Digits of a base at `at`, at most `most`; goes behind them.
char32_t number_at(std::string_view text, std::size_t& at, std::size_t most, int base) {
    char32_t number = 0;
    for (std::size_t i = 0; i < most && at < text.size(); ++i, ++at) {
        const char c = text[at];
        const int digit = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : base;
        if (digit >= base) break;
        number = number * static_cast<char32_t>(base) + static_cast<char32_t>(digit);
    }
    return number;
}

/// What is behind a backslash, in Go. Only ASCII is decoded: nothing else is in a name.
char escaped(std::string_view text, std::size_t& at) {
    const char kind = text[at];
    char32_t number = 0;
    if (kind >= '0' && kind <= '7') {
        number = number_at(text, at, 3, 8);
    } else {
        ++at;
        if (kind == 'x') {
            number = number_at(text, at, 2, 16);
        } else if (kind == 'u') {
            number = number_at(text, at, 4, 16);
        } else if (kind == 'U') {
            number = number_at(text, at, 8, 16);
        } else {
            return kind;
        }
    }
    return number < 0x80 ? static_cast<char>(number) : '\xff';
}

/// The string that begins at `at`, which goes behind it; nothing where it has no end.
std::optional<std::string> string_at(std::string_view text, std::size_t& at) {
    const char quote = text[at++];
    std::string found;
    while (at < text.size() && text[at] != quote) {
        const bool escape = quote == '"' && text[at] == '\\' && at + 1 < text.size();
        if (escape) {
            ++at;
            found += escaped(text, at);
        } else {
            found += text[at++];
        }
    }
    if (at >= text.size()) return std::nullopt;
    ++at;
    return found;
}

/// Behind blanks and comments.
std::size_t skip_blanks(std::string_view text, std::size_t at) {
    while (at < text.size()) {
        const std::string_view rest = text.substr(at);
        std::size_t end = at;
        if (std::string_view(" \t\r\n").find(text[at]) != std::string_view::npos) {
            end = at + 1;
        } else if (rest.starts_with("/*")) {
            end = text.find("*/", at + 2);
            if (end != std::string_view::npos) end += 2;
        } else if (rest.starts_with("//")) {
            end = text.find('\n', at);
        } else {
            return at;
        }
        at = std::min(end, text.size());
    }
    return at;
}

}  // namespace

std::vector<std::string> call_arguments(std::string_view expression, std::string_view function) {
    std::vector<std::string> found;
    std::size_t at = 0;
    while ((at = skip_blanks(expression, at)) < expression.size()) {
        if (is_quote(expression[at])) {  // an argument of another call
            if (!string_at(expression, at)) return found;
            continue;
        }
        const std::size_t start = at;
        while (at < expression.size() && is_word_part(expression[at]))
            ++at;
        if (at == start) {
            ++at;
            continue;
        }
        if (!equals_ignoring_case(expression.substr(start, at - start), function)) continue;
        at = skip_blanks(expression, at);
        if (at == expression.size() || expression[at] != '(') continue;
        ++at;
        while ((at = skip_blanks(expression, at)) < expression.size() && expression[at] != ')') {
            if (!is_quote(expression[at])) {
                ++at;
                continue;
            }
            auto argument = string_at(expression, at);
            if (!argument) return found;
            found.push_back(std::move(*argument));
        }
    }
    return found;
}

bool has_negation(std::string_view expression) {
    std::size_t at = 0;
    while ((at = skip_blanks(expression, at)) < expression.size()) {
        if (is_quote(expression[at])) {
            if (!string_at(expression, at)) return false;
            continue;
        }
        if (expression[at] == '!') return true;
        ++at;
    }
    return false;
}

}  // namespace gatefile::base
