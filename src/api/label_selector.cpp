// SPDX-License-Identifier: Apache-2.0
#include "gatefile/api/label_selector.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::api {

namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ')
        text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ')
        text.remove_suffix(1);
    return text;
}

/// At commas that stand outside parentheses.
std::vector<std::string_view> requirements(std::string_view text) {
    std::vector<std::string_view> found;
    bool inside = false;
    std::size_t first = 0;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        if (i < text.size() && text[i] == '(') inside = true;
        if (i < text.size() && text[i] == ')') inside = false;
        if (i < text.size() && (text[i] != ',' || inside)) continue;
        found.push_back(trimmed(text.substr(first, i - first)));
        first = i + 1;
    }
    return found;
}

bool is_label_text(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.' || c == '/';
    });
}

std::optional<LabelSelector::Expression> parse_set(std::string_view text) {
    const std::size_t open = text.find('(');
    if (open == std::string_view::npos || text.back() != ')') return std::nullopt;
    const std::string_view head = trimmed(text.substr(0, open));
    const std::size_t space = head.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    const std::string_view word = trimmed(head.substr(space));
    if (word != "in" && word != "notin") return std::nullopt;
    LabelSelector::Expression expression{.key = std::string(head.substr(0, space)),
                                         .op = word == "in" ? "In" : "NotIn",
                                         .values = {}};
    for (const std::string_view value :
         base::split(text.substr(open + 1, text.size() - open - 2), ',')) {
        expression.values.emplace_back(trimmed(value));
    }
    return expression;
}

std::optional<LabelSelector::Expression> parse_one(std::string_view text) {
    if (text.empty()) return std::nullopt;
    if (text.find('(') != std::string_view::npos) return parse_set(text);
    if (text.front() == '!') {
        return LabelSelector::Expression{
            .key = std::string(trimmed(text.substr(1))), .op = "DoesNotExist", .values = {}};
    }
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) {
        return LabelSelector::Expression{.key = std::string(text), .op = "Exists", .values = {}};
    }
    const bool negated = equals > 0 && text[equals - 1] == '!';
    const bool doubled = !negated && text.substr(equals).starts_with("==");
    const std::string_view key = trimmed(text.substr(0, negated ? equals - 1 : equals));
    const std::string_view value = trimmed(text.substr(equals + (doubled ? 2 : 1)));
    return LabelSelector::Expression{
        .key = std::string(key), .op = negated ? "NotIn" : "In", .values = {std::string(value)}};
}

}  // namespace

base::Result<LabelSelector> parse_label_selector(std::string_view text) {
    LabelSelector selector;
    if (trimmed(text).empty()) return selector;
    for (const std::string_view requirement : requirements(text)) {
        auto expression = parse_one(requirement);
        const bool good = expression && !expression->key.empty() &&
                          is_label_text(expression->key) &&
                          std::ranges::all_of(expression->values, is_label_text);
        if (!good) {
            return base::Error{base::ErrorKind::Usage,
                               fmt::format("{} is no requirement of a label selector; KEY=VALUE, "
                                           "KEY!=VALUE, KEY in (A,B), KEY notin (A,B), KEY or !KEY "
                                           "is wanted",
                                           base::quote_for_message(requirement))};
        }
        selector.match_expressions.push_back(std::move(*expression));
    }
    return selector;
}

}  // namespace gatefile::api
