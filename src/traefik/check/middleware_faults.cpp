// SPDX-License-Identifier: Apache-2.0
//
// What the constructors of Traefik's middlewares refuse (pkg/middlewares).
#include <algorithm>
#include <array>
#include <functional>

#include <fmt/format.h>

#include "check/http_builder.hpp"
#include "check/rule_syntax.hpp"
#include "check/tls_options.hpp"
#include "gatefile/base/http_status.hpp"
#include "gatefile/base/regex.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/base/traefik_expression.hpp"
#include "gatefile/base/x509.hpp"

namespace gatefile::traefik::check {
namespace {

std::string quote(std::string_view text) {
    return base::quote_for_message(text);
}

std::string regex_fault(std::string_view pattern) {
    const auto compiled = base::Regex::compile(pattern);
    return compiled ? "" : "regular expression " + quote(pattern) + ": " + compiled.error().text;
}

/// The first fault of a list, each item looked at by `why`.
template <typename Why>
std::string first_fault(const std::vector<std::string>& list, Why why) {
    for (const std::string& item : list) {
        if (std::string text = why(item); !text.empty()) return text;
    }
    return "";
}

std::string range_fault(std::string_view text) {
    return is_ip_or_range(text) ? "" : quote(text) + " is no IP address or range";
}

/// "500", "500-599"
std::string status_fault(std::string_view text) {
    const auto parts = base::split(text, '-');
    const bool is_good =
        base::parse_int(parts[0]) && (parts.size() < 2 || base::parse_int(parts[1]));
    return is_good ? "" : quote(text) + " is no status or range of them (500-599)";
}

/// With a depth the addresses that are left out do not count, with those the subnet does not.
std::string strategy_fault(const Raw& settings) {
    const Raw* strategy = find(settings, "ipStrategy");
    if (strategy == nullptr) return "";
    const auto depth = base::parse_int(text_of(*strategy, "depth"));
    const std::vector<std::string> excluded = list_of(*strategy, "excludedIPs");
    if ((!depth || *depth <= 0) && !excluded.empty()) return first_fault(excluded, range_fault);
    const auto subnet = base::parse_int(text_of(*strategy, "ipv6Subnet"));
    if (!subnet || (*subnet > 0 && *subnet <= 128)) return "";
    return fmt::format("the ipv6Subnet {} is not between 1 and 128", *subnet);
}

/// What a middleware that connects by itself has below tls.
std::string client_tls_fault(const Raw& settings, const Surroundings& around) {
    const Raw* tls = find(settings, "tls");
    if (tls == nullptr) return "";
    const std::string_view ca = text_of(*tls, "ca");
    const FileOrContent bundle = read_file_or_content(around, ca);
    if (!ca.empty() && bundle.kind != FileOrContent::Kind::Elsewhere &&
        !base::parse_ca_bundle(bundle.text))
        return "tls.ca is neither a file that is there nor a certificate";
    const std::string_view cert = text_of(*tls, "cert");
    const std::string_view key = text_of(*tls, "key");
    if (cert.empty() != key.empty()) return "tls.cert and tls.key are wanted together";
    if (cert.empty()) return "";
    const FileOrContent chain = read_file_or_content(around, cert);
    const FileOrContent secret = read_file_or_content(around, key);
    for (const auto& [file, name] : {std::pair{&chain, "cert"}, std::pair{&secret, "key"}}) {
        if (file->kind == FileOrContent::Kind::Elsewhere) return "";
        if (file->kind == FileOrContent::Kind::Missing)
            return fmt::format("the file of tls.{} is not there", name);
    }
    const auto fits = base::check_key_pair(chain.text, secret.text);
    return fits ? "" : "tls.cert and tls.key: " + fits.error().text;
}

std::string ip_list_fault(const Raw& settings) {
    const std::vector<std::string> ranges = list_of(settings, "sourceRange");
    if (ranges.empty()) return "sourceRange is empty";
    const auto code = base::parse_int(text_of(settings, "rejectStatusCode"));
    if (code && *code != 0 && !base::has_status_text(*code))
        return fmt::format("{} is no HTTP status", *code);
    if (std::string why = first_fault(ranges, range_fault); !why.empty()) return why;
    return strategy_fault(settings);
}

std::string criterion_fault(const Raw& settings) {
    const Raw* criterion = find(settings, "sourceCriterion");
    if (criterion == nullptr) return "";
    const int count = (find(*criterion, "ipStrategy") != nullptr ? 1 : 0) +
                      (text_of(*criterion, "requestHeaderName").empty() ? 0 : 1) +
                      (is_true(*criterion, "requestHost") ? 1 : 0);
    if (count > 1)
        return "sourceCriterion can be one of ipStrategy, requestHeaderName, requestHost";
    return strategy_fault(*criterion);
}

/// NAME:HASH, or of digest NAME:REALM:HASH.
std::string users_fault(const Raw& settings, std::size_t parts, const Surroundings& around) {
    std::vector<std::string> users;
    const std::string file(text_of(settings, "usersFile"));
    if (!file.empty()) {
        const auto text = around.read_file(file);
        if (!text) return "the file " + quote(file) + " cannot be read";
        for (const std::string_view line : base::split(*text, '\n')) {
            const std::string_view user = base::trim(line);
            if (!user.empty() && user.front() != '#') users.emplace_back(user);
        }
    }
    const std::vector<std::string> more = list_of(settings, "users");
    users.insert(users.end(), more.begin(), more.end());
    if (users.empty() && parts == 2) return "there are no users";
    for (std::size_t i = 0; i < users.size(); ++i) {
        if (base::split(users[i], ':').size() != parts)
            return fmt::format("user {} of the list is not of the form {}",
                               i + 1,
                               parts == 2 ? "NAME:HASH" : "NAME:REALM:HASH");
    }
    return "";
}

std::string headers_fault(const Raw& settings) {
    const auto is_set = [](const RawField& field) {
        const Raw& value = field.value;
        const bool is_zero = value.text.empty() || value.text == "0" || value.text == "false" ||
                             value.text == "False" || value.text == "FALSE";
        return !value.fields.empty() || !value.items.empty() || !is_zero;
    };
    if (std::ranges::none_of(settings.fields, is_set)) return "no header is set by it";
    return first_fault(list_of(settings, "accessControlAllowOriginListRegex"), regex_fault);
}

std::string retry_fault(const Raw& settings) {
    const std::vector<std::string> status = list_of(settings, "status");
    if (status.empty() && is_true(settings, "disableRetryOnNetworkError"))
        return "it retries on nothing: give it a status, or leave out disableRetryOnNetworkError";
    const auto attempts = base::parse_int(text_of(settings, "attempts"));
    if (!attempts || *attempts <= 0) return "attempts has to be 1 or more";
    return first_fault(status, status_fault);
}

/// Go's mime.ParseMediaType, as far as texts without quotes go.
std::string media_type_fault(std::string_view text) {
    static const auto pattern = base::Regex::compile(
        R"(^[ \t]*[!#$%&'*+.^_`|~0-9A-Za-z-]+(/[!#$%&'*+.^_`|~0-9A-Za-z-]+)?[ \t]*)"
        R"((;[ \t]*[!#$%&'*+.^_`|~0-9A-Za-z-]+=)"
        R"(([!#$%&'*+.^_`|~0-9A-Za-z-]+|"[^"]*")[ \t]*)*;?[ \t]*$)");
    const bool fits = pattern && pattern->matches(text);
    return fits ? "" : quote(text) + " is no media type";
}

std::string compress_fault(const Raw& settings) {
    if (find(settings, "excludedContentTypes") != nullptr &&
        find(settings, "includedContentTypes") != nullptr)
        return "excludedContentTypes and includedContentTypes exclude each other";
    for (const std::string_view field : {"excludedContentTypes", "includedContentTypes"}) {
        if (std::string why = first_fault(list_of(settings, field), media_type_fault); !why.empty())
            return why;
    }
    constexpr auto known = std::to_array<std::string_view>({"gzip", "br", "zstd"});
    const auto encoding_fault = [&](std::string_view encoding) {
        const bool is_known = std::ranges::find(known, encoding) != known.end();
        return is_known ? std::string() : quote(encoding) + " is none of gzip, br, zstd";
    };
    if (std::string why = first_fault(list_of(settings, "encodings"), encoding_fault); !why.empty())
        return why;
    const std::string_view chosen = text_of(settings, "defaultEncoding");
    return chosen.empty() ? "" : encoding_fault(chosen);
}

std::string wants(const Raw& settings, std::string_view field) {
    const Raw* found = find(settings, field);
    const bool is_there = found != nullptr && !(found->text.empty() && found->items.empty());
    return is_there ? "" : fmt::format("{} is missing", field);
}

std::string rate_limit_fault(const Raw& settings, const Surroundings& around) {
    if (std::string why = criterion_fault(settings); !why.empty()) return why;
    if (text_of(settings, "period").starts_with('-')) return "period is negative";
    const Raw* redis = find(settings, "redis");
    return redis == nullptr ? "" : client_tls_fault(*redis, around);
}

/// Go's other blanks and quotes in the form that our own reader of expressions has.
std::string as_strict(std::string_view expression) {
    std::string text(expression);
    std::ranges::replace_if(
        text, [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
    std::ranges::replace(text, '`', '"');
    return text;
}

std::string breaker_fault(const Raw& settings) {
    const std::string_view expression = text_of(settings, "expression");
    if (expression.empty()) return "expression is missing";
    return base::is_breaker_expression(as_strict(expression))
               ? ""
               : quote(expression) + " is no expression of a circuit breaker";
}

std::string buffering_fault(const Raw& settings) {
    for (const std::string_view field : {"memRequestBodyBytes",
                                         "maxRequestBodyBytes",
                                         "memResponseBodyBytes",
                                         "maxResponseBodyBytes"}) {
        const auto bytes = base::parse_int(text_of(settings, field));
        if (bytes && *bytes < 0) return fmt::format("{} is negative", field);
    }
    const std::string_view expression = text_of(settings, "retryExpression");
    if (expression.empty() || base::is_retry_expression(as_strict(expression))) return "";
    return quote(expression) + " is no expression of when to try again";
}

std::string errors_fault(const Raw& settings) {
    if (std::string why = first_fault(list_of(settings, "status"), status_fault); !why.empty())
        return why;
    const Raw* rewrites = find(settings, "statusRewrites");
    if (rewrites == nullptr) return "";
    for (const RawField& rewrite : rewrites->fields) {
        if (std::string why = status_fault(rewrite.key); !why.empty()) return why;
    }
    return "";
}

std::string forward_auth_fault(const Raw& settings, const Surroundings& around) {
    if (std::string why = client_tls_fault(settings, around); !why.empty()) return why;
    return regex_fault(text_of(settings, "authResponseHeadersRegex"));
}

}  // namespace

std::string
middleware_fault(std::string_view kind, const Raw& settings, const Surroundings& around) {
    using Check = std::function<std::string()>;
    const auto checks = std::to_array<std::pair<std::string_view, Check>>({
        {"addprefix", [&] { return wants(settings, "prefix"); }},
        {"basicauth", [&] { return users_fault(settings, 2, around); }},
        {"digestauth", [&] { return users_fault(settings, 3, around); }},
        {"buffering", [&] { return buffering_fault(settings); }},
        {"circuitbreaker", [&] { return breaker_fault(settings); }},
        {"compress", [&] { return compress_fault(settings); }},
        {"errors", [&] { return errors_fault(settings); }},
        {"forwardauth", [&] { return forward_auth_fault(settings, around); }},
        {"headers", [&] { return headers_fault(settings); }},
        {"inflightreq", [&] { return criterion_fault(settings); }},
        {"ipallowlist", [&] { return ip_list_fault(settings); }},
        {"ipwhitelist", [&] { return ip_list_fault(settings); }},
        {"ratelimit", [&] { return rate_limit_fault(settings, around); }},
        {"redirectregex", [&] { return regex_fault(text_of(settings, "regex")); }},
        {"redirectscheme", [&] { return wants(settings, "scheme"); }},
        {"replacepathregex", [&] { return regex_fault(text_of(settings, "regex")); }},
        {"retry", [&] { return retry_fault(settings); }},
        {"stripprefixregex", [&] { return first_fault(list_of(settings, "regex"), regex_fault); }},
    });
    const auto found =
        std::ranges::find_if(checks, [&](const auto& check) { return check.first == kind; });
    return found == checks.end() ? "" : found->second();
}

}  // namespace gatefile::traefik::check
