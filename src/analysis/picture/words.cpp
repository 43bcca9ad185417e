// SPDX-License-Identifier: Apache-2.0
#include "words.hpp"

#include <fmt/format.h>

#include "gatefile/base/overloaded.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::analysis {

namespace {

void add_values(std::string& text,
                std::string_view what,
                const std::vector<api::ValueMatch>& matches,
                MatchValues values) {
    for (const api::ValueMatch& match : matches) {
        text += fmt::format(" {} {}", what, match.name);
        if (values == MatchValues::Hide) continue;
        const bool is_regex = match.type == api::ValueMatchType::RegularExpression;
        text += (is_regex ? " ~ " : " = ") + match.value;
    }
}

std::string path_words(const api::PathMatch& path) {
    switch (path.type) {
    case api::PathMatchType::Exact:
        return "= " + path.value;
    case api::PathMatchType::PathPrefix:
        return path.value;
    case api::PathMatchType::RegularExpression:
        return "~ " + path.value;
    }
    return {};
}

std::string one_match(const api::HttpRouteMatch& match, MatchValues values) {
    std::string text = match.method ? *match.method + " " : "";
    text += path_words(match.path);
    add_values(text, "header", match.headers, values);
    add_values(text, "query", match.query_params, values);
    return text;
}

std::string one_match(const api::GrpcRouteMatch& match, MatchValues values) {
    std::string text = "every call";
    if (match.method) {
        text = fmt::format(
            "{}/{}", match.method->service.value_or("*"), match.method->method.value_or("*"));
    }
    add_values(text, "header", match.headers, values);
    return text;
}

std::string redirect_words(const api::RequestRedirect& redirect) {
    std::string to = redirect.scheme.value_or("") + (redirect.scheme ? "://" : "");
    to += redirect.hostname.value_or("");
    if (redirect.port) to += fmt::format(":{}", *redirect.port);
    if (redirect.path) to += redirect.path->value;
    return fmt::format("redirect {} to {}", redirect.status_code, to);
}

}  // namespace

std::vector<std::string> match_words(const graph::Rule& rule, MatchValues values) {
    std::vector<std::string> words;
    if (rule.grpc != nullptr) {
        for (const api::GrpcRouteMatch& match : rule.grpc->matches)
            words.push_back(one_match(match, values));
    } else {
        for (const api::HttpRouteMatch& match : rule.spec->matches)
            words.push_back(one_match(match, values));
    }
    if (words.empty()) words.emplace_back(rule.grpc != nullptr ? "every call" : "every request");
    return words;
}

std::string filter_words(const api::HttpFilter& filter) {
    return std::visit(
        base::Overloaded{
            [](const api::RequestHeaderModifier&) {
                return std::string("changes request headers");
            },
            [](const api::ResponseHeaderModifier&) {
                return std::string("changes response headers");
            },
            [](const api::RequestRedirect& redirect) { return redirect_words(redirect); },
            [](const api::UrlRewrite& rewrite) {
                return "rewrites to " + rewrite.hostname.value_or("") +
                       (rewrite.path ? rewrite.path->value : "");
            },
            [](const api::RequestMirror& mirror) { return "mirror to " + mirror.backend.name; },
            [](const api::Cors&) { return std::string("CORS"); },
            [](const api::ExternalAuth& auth) { return "asks " + auth.backend.name; },
            [](const api::ExtensionRef& ref) { return ref.kind + " " + ref.name; },
        },
        filter);
}

std::string_view protocol_word(graph::BackendProtocol protocol) {
    switch (protocol) {
    case graph::BackendProtocol::Http:
        return "http";
    case graph::BackendProtocol::H2c:
        return "h2c";
    case graph::BackendProtocol::Https:
        return "https";
    case graph::BackendProtocol::Tcp:
        return "tcp";
    case graph::BackendProtocol::Udp:
        return "udp";
    }
    return {};
}

std::string address_words(const graph::Endpoint& endpoint) {
    const bool is_ipv6 = endpoint.host.find(':') != std::string::npos;
    return is_ipv6 ? fmt::format("[{}]:{}", endpoint.host, endpoint.port)
                   : fmt::format("{}:{}", endpoint.host, endpoint.port);
}

std::string_view name_of(NodeKind kind) {
    switch (kind) {
    case NodeKind::Gateway:
        return "gateway";
    case NodeKind::Listener:
        return "listener";
    case NodeKind::Route:
        return "route";
    case NodeKind::Rule:
        return "rule";
    case NodeKind::Backend:
        return "backend";
    case NodeKind::Endpoint:
        return "endpoint";
    case NodeKind::Grant:
        return "grant";
    }
    return {};
}

std::string_view name_of(NodeState state) {
    switch (state) {
    case NodeState::Good:
        return "good";
    case NodeState::Warned:
        return "warned";
    case NodeState::Failing:
        return "failing";
    }
    return {};
}

std::string as_utf8(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t valid = base::valid_utf8_prefix(text);
        out += text.substr(0, valid);
        text.remove_prefix(valid);
        if (text.empty()) break;
        out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
        text.remove_prefix(1);
    }
    return out;
}

std::string composite_words(api::TraefikService::Type type) {
    switch (type) {
    case api::TraefikService::Type::Weighted:
        return "weighted";
    case api::TraefikService::Type::HighestRandomWeight:
        return "highestRandomWeight";
    case api::TraefikService::Type::Mirroring:
        return "mirroring";
    case api::TraefikService::Type::Failover:
        return "failover";
    }
    return {};
}

}  // namespace gatefile::analysis
