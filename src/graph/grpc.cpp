// SPDX-License-Identifier: Apache-2.0
#include "grpc.hpp"

#include <utility>

#include <fmt/format.h>

#include "gatefile/base/regex.hpp"
#include "gatefile/base/strings.hpp"
#include "matches.hpp"

namespace gatefile::graph {
namespace {

/// A service's or a method's pattern, which is to take the whole of the name.
template <typename MakePath>
bool check_part(const Context& context,
                const RulePlace& place,
                const std::optional<std::string>& pattern,
                MakePath make_path) {
    if (!pattern || pattern->empty()) return true;
    if (!can_serve(context, place, Ability::PathRegex, make_path)) return false;
    const auto part = base::regex_part(*pattern);
    if (part) return true;
    report(context,
           place.route,
           make_path(),
           {diag::Code::RegexInvalid,
            fmt::format("{} cannot be used, so this match takes no request: {}",
                        base::quote_for_message(*pattern),
                        part.error().text),
            "the syntax is that of RE2"});
    return false;
}

}  // namespace

std::shared_ptr<const api::HttpRoute> translate(const api::GrpcRoute& route) {
    auto http = std::make_shared<api::HttpRoute>();
    static_cast<api::Route&>(*http) = route;
    http->rules.reserve(route.rules.size());
    for (const api::GrpcRouteRule& rule : route.rules) {
        api::HttpRouteRule& translated = http->rules.emplace_back();
        translated.name = rule.name;
        translated.filters = rule.filters;
        translated.backend_refs = rule.backend_refs;
        translated.session_persistence = rule.session_persistence;
    }
    return http;
}

std::vector<bool> check_matches(const Context& context,
                                const RulePlace& place,
                                const std::vector<api::GrpcRouteMatch>& matches) {
    std::vector<bool> valid(matches.size(), true);
    for (std::size_t i = 0; i < matches.size(); ++i) {
        bool good = check_headers(context, place, i, matches[i].headers);
        const std::optional<api::GrpcMethodMatch>& method = matches[i].method;
        if (method && method->type == api::ValueMatchType::RegularExpression) {
            const auto at = [&](const char* field) {
                return
                    [&place, i, field] { return place.path() / "matches" / i / "method" / field; };
            };
            good = check_part(context, place, method->service, at("service")) && good;
            good = check_part(context, place, method->method, at("method")) && good;
        }
        valid[i] = good;
    }
    return valid;
}

}  // namespace gatefile::graph
