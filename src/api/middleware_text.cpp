// SPDX-License-Identifier: Apache-2.0
#include "middleware_text.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include <fmt/format.h>

#include "gatefile/base/regex.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/base/traefik_expression.hpp"

namespace gatefile::api {

namespace {

constexpr std::size_t longest_text = 16384;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_token(std::string_view text) {
    static constexpr std::string_view others = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               others.find(c) != std::string_view::npos;
    });
}

/// As Go: an IPv4 address has no leading zeros, a prefix length neither.
bool is_address(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string address(text.substr(0, slash));
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    const bool ipv4 = ::inet_pton(AF_INET, address.c_str(), bytes.data()) == 1;
    if (!ipv4 && ::inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) return false;
    if (address.size() != std::min(slash, text.size())) return false;  // a NUL in it
    if (slash == std::string_view::npos) return true;
    const std::string_view length = text.substr(slash + 1);
    const auto bits = base::parse_int(length);
    return bits && *bits >= 0 && *bits <= (ipv4 ? 32 : 128) &&
           length.size() == std::to_string(*bits).size();
}

bool is_code(std::string_view text) {
    return text.size() == 3 && text[0] >= '1' && text[0] <= '5' && is_digit(text[1]) &&
           is_digit(text[2]);
}

bool is_codes(std::string_view text) {
    if (text.size() != 7) return is_code(text);
    return is_code(text.substr(0, 3)) && text[3] == '-' && is_code(text.substr(4));
}

/// Without parameters, which nobody needs here and which Go parses by rules of their own.
bool is_media_type(std::string_view text) {
    const std::size_t slash = text.find('/');
    return slash != std::string_view::npos && is_token(text.substr(0, slash)) &&
           is_token(text.substr(slash + 1));
}

bool is_same_site(std::string_view text) {
    return text == "none" || text == "lax" || text == "strict" || text == "None" || text == "Lax" ||
           text == "Strict";
}

bool is_cookie_text(std::string_view text) {
    return std::all_of(
        text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~' && c != ';'; });
}

bool is_strategy(std::string_view text) {
    return text == "wrr" || text == "p2c" || text == "hrw" || text == "leasttime" ||
           text == "RoundRobin";
}

bool is_url(std::string_view text) {
    const std::string_view rest = text.starts_with("https://")  ? text.substr(8)
                                  : text.starts_with("http://") ? text.substr(7)
                                                                : std::string_view();
    return !rest.empty() && rest.front() != '/' &&
           std::all_of(rest.begin(), rest.end(), [](char c) {
               return c > ' ' && c <= '~' && c != '"' && c != '<' && c != '>' && c != '\\';
           });
}

}  // namespace

std::optional<std::string> fault_of_any(std::string_view text) {
    if (text.size() > longest_text) {
        return fmt::format("Too long: may not be more than {} bytes", longest_text);
    }
    const bool control = std::any_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    if (control) {
        return fmt::format("Invalid value: {}: must not have control characters",
                           base::quote_for_message(text));
    }
    // Between the items of a list when Traefik's file provider has read it.
    if (text.find("\u2551") != std::string_view::npos) {
        return std::string(
            "Invalid value: must not have U+2551, which Traefik separates items with");
    }
    return std::nullopt;
}

std::optional<std::string> fault_of(std::string_view text, TextCheck check) {
    const auto unless = [&](bool good, std::string_view must) -> std::optional<std::string> {
        if (good) return std::nullopt;
        return fmt::format("Invalid value: {}: must be {}", base::quote_for_message(text), must);
    };
    switch (check) {
    case TextCheck::None:
    case TextCheck::RejectCode:
        return std::nullopt;
    case TextCheck::Regex: {
        const auto compiled = base::Regex::compile(text);
        if (compiled) return std::nullopt;
        return fmt::format("Invalid value: {}: is no regular expression of Go's: {}",
                           base::quote_for_message(text),
                           compiled.error().text);
    }
    case TextCheck::Address:
        return unless(is_address(text), "an IP address or a CIDR");
    case TextCheck::Codes:
        return unless(is_codes(text), "a status code or a range of them, as 500-599");
    case TextCheck::HeaderName:
        return unless(is_token(text), "the name of a header");
    case TextCheck::Path:
        return unless(text.starts_with('/'), "a path that begins with a slash");
    case TextCheck::Url:
        return unless(is_url(text), "a URL of http or https");
    case TextCheck::MediaType:
        return unless(is_media_type(text), "a media type without parameters");
    case TextCheck::Encoding:
        return unless(text == "gzip" || text == "br" || text == "zstd", "gzip, br or zstd");
    case TextCheck::BreakerExpression:
        return unless(base::is_breaker_expression(text), "an expression of Traefik's circuitBreaker");
    case TextCheck::RetryExpression:
        return unless(base::is_retry_expression(text), "a retryExpression of Traefik's buffering");
    case TextCheck::SameSite:
        return unless(is_same_site(text), "none, lax or strict");
    case TextCheck::CookieName:
        return unless(is_token(text), "the name of a cookie");
    case TextCheck::CookieText:
        return unless(is_cookie_text(text), "ASCII without a semicolon");
    case TextCheck::Strategy:
        return unless(is_strategy(text), "wrr, p2c, hrw or leasttime");
    }
    return std::nullopt;
}

std::optional<std::string> middleware_duration(std::string_view text) {
    struct Unit {
        std::string_view name;
        double seconds;
    };
    // In this order: "ms" is not "m".
    constexpr Unit units[] = {{"ns", 1e-9},
                              {"us", 1e-6},
                              {"\u00b5s", 1e-6},
                              {"ms", 1e-3},
                              {"s", 1},
                              {"m", 60},
                              {"h", 3600}};
    constexpr double longest = 366.0 * 24 * 3600;
    constexpr std::size_t most_digits = 12;
    double total = 0;
    std::string_view rest = text;
    if (rest.empty()) return std::nullopt;
    while (!rest.empty()) {
        double number = 0;
        double scale = 1;
        bool fraction = false;
        std::size_t digits = 0;
        std::size_t at = 0;
        for (; at < rest.size() && (is_digit(rest[at]) || (rest[at] == '.' && !fraction)); ++at) {
            if (rest[at] == '.') {
                fraction = true;
                continue;
            }
            ++digits;
            number = number * 10 + (rest[at] - '0');
            if (fraction) scale *= 10;
        }
        if (digits == 0 || digits > most_digits) return std::nullopt;
        rest.remove_prefix(at);
        if (rest.empty() && at == text.size() && !fraction) {
            return number <= longest ? std::optional(std::string(text) + "s") : std::nullopt;
        }
        const auto* unit = std::find_if(std::begin(units), std::end(units), [&](const Unit& one) {
            return rest.starts_with(one.name);
        });
        if (unit == std::end(units)) return std::nullopt;
        rest.remove_prefix(unit->name.size());
        total += number / scale * unit->seconds;
    }
    return total <= longest ? std::optional(std::string(text)) : std::nullopt;
}

}  // namespace gatefile::api
