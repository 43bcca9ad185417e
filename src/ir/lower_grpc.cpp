// SPDX-License-Identifier: Apache-2.0
#include "lower_grpc.hpp"

#include <optional>
#include <string>
#include <utility>

#include "gatefile/base/regex.hpp"
#include "lower_http.hpp"

namespace gatefile::ir {
namespace {

/// Empty is as good as absent (GRPCMethodMatch).
std::string_view text_of(const std::optional<std::string>& part) {
    return part ? std::string_view(*part) : std::string_view();
}

struct Method {
    std::string_view service;
    std::string_view method;
    bool is_regex = false;
};

Method method_of(const api::GrpcRouteMatch& match) {
    if (!match.method) return {};
    return {text_of(match.method->service),
            text_of(match.method->method),
            match.method->type == api::ValueMatchType::RegularExpression};
}

std::string part_of(std::string_view text, bool is_regex) {
    if (text.empty()) return "[^/]+";
    if (!is_regex) return base::quote_regex(text);
    const base::Result<std::string> part = base::regex_part(text);
    // The graph has left out what is no pattern; were it here, it would take nothing.
    return part ? *part : "[^\\x00-\\x{10FFFF}]";
}

PathMatch path_of(const Method& wanted) {
    std::string path = "/";
    if (wanted.service.empty() && wanted.method.empty()) return {PathKind::Prefix, path};
    if (!wanted.is_regex && !wanted.service.empty()) {
        path += wanted.service;
        if (wanted.method.empty()) return {PathKind::Prefix, path};
        path += '/';
        path += wanted.method;
        return {PathKind::Exact, path};
    }
    path.insert(0, 1, '^');
    path += part_of(wanted.service, wanted.is_regex);
    path += '/';
    path += part_of(wanted.method, wanted.is_regex);
    path += '$';
    return {PathKind::Regex, path, true};
}

PathRank rank_of(const Method& wanted) {
    if (wanted.service.empty() && wanted.method.empty()) return PathRank::Any;
    if (wanted.service.empty()) {
        return wanted.is_regex ? PathRank::CallMethodRegex : PathRank::CallMethod;
    }
    if (wanted.is_regex) return PathRank::CallRegex;
    return wanted.method.empty() ? PathRank::Prefix : PathRank::Exact;
}

}  // namespace

Match lower_match(const api::GrpcRouteMatch& match) {
    return {.path = path_of(method_of(match)), .headers = lower_headers(match.headers)};
}

Precedence precedence(std::string_view written_hostname, const api::GrpcRouteMatch& match) {
    const Method wanted = method_of(match);
    Precedence found{
        .written = specificity(written_hostname),
        .path_kind = rank_of(wanted),
        // With the slash before it, as that of an HTTPRoute's path.
        .path_length = {wanted.service.size() + 1},
        .call_method_length = {wanted.method.size()},
        .lacks_method = true,
        .headers = {match.headers.size()},
    };
    if (found.path_kind == PathRank::Exact) {
        found.path_length.value += 1 + std::exchange(found.call_method_length.value, 0);
    }
    return found;
}

}  // namespace gatefile::ir
