// SPDX-License-Identifier: Apache-2.0
#include "matches.hpp"

#include <fmt/format.h>

#include "gatefile/base/regex.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::graph {
namespace {

/// Checks one regular expression.
template <typename MakePath>
bool check_regex(const Context& context,
                 const RulePlace& place,
                 Ability ability,
                 std::string_view pattern,
                 MakePath make_path) {
    if (!can_serve(context, place, ability, make_path)) return false;
    const auto compiled = base::Regex::compile(pattern);
    if (compiled) return true;
    report(context,
           place.route,
           make_path() / "value",
           {diag::Code::RegexInvalid,
            fmt::format("{} is no regular expression, so this match takes no request: {}",
                        base::quote_for_message(pattern),
                        compiled.error().text),
            "the syntax is that of RE2"});
    return false;
}

bool check_values(const Context& context,
                  const RulePlace& place,
                  std::size_t match,
                  const std::vector<api::ValueMatch>& values,
                  Ability ability,
                  const char* field) {
    bool good = true;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i].type != api::ValueMatchType::RegularExpression) continue;
        const auto path = [&] { return place.path() / "matches" / match / field / i; };
        good = check_regex(context, place, ability, values[i].value, path) && good;
    }
    return good;
}

/// HTTPHeaderMatch.name: of equivalent names only the first counts.
void check_repeated_headers(const Context& context,
                            const RulePlace& place,
                            std::size_t match,
                            const std::vector<api::ValueMatch>& headers) {
    for (std::size_t i = 1; i < headers.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            if (!base::equals_ignoring_case(headers[i].name, headers[j].name)) continue;
            report(context,
                   place.route,
                   place.path() / "matches" / match / "headers" / i,
                   {diag::Code::HeaderRepeated,
                    fmt::format("header {} is matched before; the first entry counts",
                                base::quote_for_message(headers[i].name)),
                    {}});
            break;
        }
    }
}

}  // namespace

bool check_headers(const Context& context,
                   const RulePlace& place,
                   std::size_t match,
                   const std::vector<api::ValueMatch>& headers) {
    check_repeated_headers(context, place, match, headers);
    return check_values(context, place, match, headers, Ability::HeaderRegex, "headers");
}

std::vector<bool> check_matches(const Context& context,
                                const RulePlace& place,
                                const std::vector<api::HttpRouteMatch>& matches) {
    std::vector<bool> valid(matches.size(), true);
    for (std::size_t i = 0; i < matches.size(); ++i) {
        const api::HttpRouteMatch& match = matches[i];
        bool good = true;
        if (match.path.type == api::PathMatchType::RegularExpression) {
            const auto path = [&] { return place.path() / "matches" / i / "path"; };
            good = check_regex(context, place, Ability::PathRegex, match.path.value, path);
        }
        good = check_headers(context, place, i, match.headers) && good;
        good = check_values(
                   context, place, i, match.query_params, Ability::QueryRegex, "queryParams") &&
               good;
        valid[i] = good;
    }
    return valid;
}

}  // namespace gatefile::graph
