// SPDX-License-Identifier: Apache-2.0
#include "names.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace gatefile::api::schema {

namespace {

constexpr std::size_t label_limit = 63;
constexpr std::size_t subdomain_limit = 253;

bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_lower_or_digit(char c) {
    return is_lower(c) || is_digit(c);
}

bool is_alphanumeric(char c) {
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

/// [a-z0-9]([-a-z0-9]*[a-z0-9])?
bool has_label_syntax(std::string_view text) {
    return !text.empty() && is_lower_or_digit(text.front()) && is_lower_or_digit(text.back()) &&
           std::all_of(
               text.begin(), text.end(), [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

bool has_subdomain_syntax(std::string_view text) {
    for (std::size_t dot = text.find('.'); dot != text.npos; dot = text.find('.')) {
        if (!has_label_syntax(text.substr(0, dot))) return false;
        text.remove_prefix(dot + 1);
    }
    return has_label_syntax(text);
}

/// ([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]
bool has_label_key_syntax(std::string_view text) {
    return !text.empty() && is_alphanumeric(text.front()) && is_alphanumeric(text.back()) &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
           });
}

bool has_config_map_key_syntax(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
    });
}

std::string too_long(std::size_t limit) {
    return fmt::format("must be no more than {} characters", limit);
}

constexpr std::string_view label_message =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must "
    "start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for "
    "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr std::string_view subdomain_message =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', "
    "and must start and end with an alphanumeric character (e.g. 'example.com', regex used for "
    "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view label_key_message =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for "
    "validation "
    "is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
constexpr std::string_view label_value_message =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or "
    "'12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
constexpr std::string_view config_map_key_message =
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name', "
    " "
    "or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

}  // namespace

bool is_dns1123_label(std::string_view text) {
    return text.size() <= label_limit && has_label_syntax(text);
}

bool is_dns1123_subdomain(std::string_view text) {
    return text.size() <= subdomain_limit && has_subdomain_syntax(text);
}

bool is_qualified_name(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash != text.npos) {
        if (!is_dns1123_subdomain(text.substr(0, slash))) return false;
        text.remove_prefix(slash + 1);
    }
    return text.size() <= label_limit && has_label_key_syntax(text);
}

bool is_label_value(std::string_view text) {
    return text.size() <= label_limit && (text.empty() || has_label_key_syntax(text));
}

bool is_config_map_key(std::string_view text) {
    return text.size() <= subdomain_limit && has_config_map_key_syntax(text) &&
           !text.starts_with("..") && text != ".";
}

Reasons dns1123_label_reasons(std::string_view text) {
    Reasons reasons;
    if (text.size() > label_limit) reasons.push_back(too_long(label_limit));
    if (!has_label_syntax(text)) {
        reasons.emplace_back(has_subdomain_syntax(text) ? "must not contain dots" : label_message);
    }
    return reasons;
}

Reasons dns1123_subdomain_reasons(std::string_view text) {
    Reasons reasons;
    if (text.size() > subdomain_limit) reasons.push_back(too_long(subdomain_limit));
    if (!has_subdomain_syntax(text)) reasons.emplace_back(subdomain_message);
    return reasons;
}

Reasons qualified_name_reasons(std::string_view text) {
    Reasons reasons;
    const std::size_t slash = text.find('/');
    if (slash != text.npos) {
        if (text.find('/', slash + 1) != text.npos) {
            return {
                fmt::format("a valid label key {} with an optional DNS subdomain prefix and '/' "
                            "(e.g. 'example.com/MyName')",
                            label_key_message)};
        }
        const std::string_view prefix = text.substr(0, slash);
        if (prefix.empty()) reasons.emplace_back("prefix part must be non-empty");
        for (const std::string& reason : dns1123_subdomain_reasons(prefix)) {
            if (!prefix.empty()) reasons.push_back("prefix part " + reason);
        }
        text.remove_prefix(slash + 1);
    }
    if (text.empty()) reasons.emplace_back("name part must be non-empty");
    if (text.size() > label_limit) reasons.push_back("name part " + too_long(label_limit));
    if (!has_label_key_syntax(text))
        reasons.push_back(fmt::format("name part {}", label_key_message));
    return reasons;
}

Reasons label_value_reasons(std::string_view text) {
    Reasons reasons;
    if (text.size() > label_limit) reasons.push_back(too_long(label_limit));
    if (!text.empty() && !has_label_key_syntax(text)) reasons.emplace_back(label_value_message);
    return reasons;
}

Reasons config_map_key_reasons(std::string_view text) {
    Reasons reasons;
    if (text.size() > subdomain_limit) reasons.push_back(too_long(subdomain_limit));
    if (!has_config_map_key_syntax(text)) reasons.emplace_back(config_map_key_message);
    if (text == "." || text == "..") reasons.push_back(fmt::format("must not be '{}'", text));
    if (text.size() > 2 && text.starts_with("..")) {
        reasons.emplace_back("must not start with '..'");
    }
    return reasons;
}

}  // namespace gatefile::api::schema
