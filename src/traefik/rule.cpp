// SPDX-License-Identifier: Apache-2.0
#include "rule.hpp"

#include <utility>

#include "gatefile/base/regex.hpp"
#include "quote.hpp"

namespace gatefile::traefik {
namespace {

/// Traefik refuses empty arguments, so an empty value becomes a pattern for the empty string.
Rule value_rule(std::string_view exact, std::string_view regex, const ir::ValueMatch& match) {
    if (match.kind == ir::ValueKind::Regex) {
        return call(regex, match.name, match.value.empty() ? "(?:)" : match.value);
    }
    if (match.value.empty()) return call(regex, match.name, "^$");
    return call(exact, match.name, match.value);
}

}  // namespace

std::string Rule::text() && {
    return always() ? "Host(`*`)" : std::move(text_);
}

void Rule::append_operand(const Rule& other, Top context) {
    const bool parentheses = context == Top::And && other.top_ == Top::Or;
    if (parentheses) text_ += '(';
    text_ += other.text_;
    if (parentheses) text_ += ')';
}

Rule all_of(Rule a, const Rule& b) {
    if (b.always()) return a;
    if (a.always()) return b;
    if (a.top_ == Rule::Top::Or) a.text_ = "(" + a.text_ + ")";
    a.text_ += " && ";
    a.append_operand(b, Rule::Top::And);
    a.top_ = Rule::Top::And;
    return a;
}

Rule any_of(Rule a, const Rule& b) {
    if (a.always()) return a;
    if (b.always()) return b;
    a.text_ += " || ";
    a.append_operand(b, Rule::Top::Or);
    a.top_ = Rule::Top::Or;
    return a;
}

/// Most matchers get some others behind them.
constexpr std::size_t usual_rest = 100;

Rule call(std::string_view function, std::string_view a) {
    std::string text;
    text.reserve(function.size() + a.size() + usual_rest);
    text += function;
    text += '(';
    append_literal(text, a);
    text += ')';
    return {std::move(text), Rule::Top::Matcher};
}

Rule call(std::string_view function, std::string_view a, std::string_view b) {
    std::string text;
    text.reserve(function.size() + a.size() + b.size() + 8);
    text += function;
    text += '(';
    append_literal(text, a);
    text += ", ";
    append_literal(text, b);
    text += ')';
    return {std::move(text), Rule::Top::Matcher};
}

Rule no(const Rule& matcher) {
    return {"!" + matcher.text_, Rule::Top::Matcher};
}

std::string wildcard_regex(std::string_view wildcard) {
    return "^.+" + base::quote_regex(wildcard.substr(1)) + "\\.?$";
}

Rule any_request_with_host() {
    const Rule nobody = call("Host", "gatefile.invalid");
    return any_of(nobody, no(nobody));
}

Rule hostname_rule(std::string_view hostname) {
    if (hostname.empty()) return {};
    if (hostname.front() == '*') return call("HostRegexp", wildcard_regex(hostname));
    return call("Host", hostname);
}

Rule hostnames_rule(const std::vector<std::string_view>& hostnames) {
    std::string pattern;
    for (const std::string_view hostname : hostnames) {
        pattern += pattern.empty() ? "^(?:" : "|";
        const bool is_wildcard = hostname.front() == '*';
        if (is_wildcard) pattern += ".+";
        pattern += base::quote_regex(hostname.substr(is_wildcard ? 1 : 0));
    }
    return call("HostRegexp", pattern + ")\\.?$");
}

Rule server_name_rule(std::string_view hostname) {
    if (hostname.empty()) return {};
    if (hostname.front() == '*') return call("HostSNIRegexp", wildcard_regex(hostname));
    return call("HostSNI", hostname);
}

Rule path_rule(const ir::PathMatch& path) {
    switch (path.kind) {
    case ir::PathKind::Regex:
        return path.call
                   ? all_of(call("PathRegexp", "^/[^/]+/[^/]+$"), call("PathRegexp", path.value))
                   : call("PathRegexp", path.value.empty() ? "(?:)" : path.value);
    case ir::PathKind::Exact:
        return call("Path", path.value);
    case ir::PathKind::Prefix:
        if (path.value == "/") return {};
        // Traefik's PathPrefix compares bytes, Gateway API's whole segments. Most requests miss,
        // and the plain comparison in front makes that cheap.
        return all_of(call("PathPrefix", path.value),
                      any_of(call("Path", path.value), call("PathPrefix", path.value + "/")));
    }
    return {};
}

Rule match_rule(const ir::Match& match) {
    Rule rule;
    const auto add = [&](const Rule& part) { rule = all_of(std::move(rule), part); };
    const auto add_values = [&](const auto& values, ir::ValueKind kind, auto exact, auto regex) {
        for (const ir::ValueMatch& value : values) {
            if (value.kind == kind) add(value_rule(exact, regex, value));
        }
    };
    // The cheapest first.
    if (match.method) add(call("Method", *match.method));
    add_values(match.headers, ir::ValueKind::Exact, "Header", "HeaderRegexp");
    add(path_rule(match.path));
    add_values(match.query, ir::ValueKind::Exact, "Query", "QueryRegexp");
    add_values(match.headers, ir::ValueKind::Regex, "Header", "HeaderRegexp");
    add_values(match.query, ir::ValueKind::Regex, "Query", "QueryRegexp");
    return rule;
}

}  // namespace gatefile::traefik
