// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>
#include <variant>

#include "gatefile/base/overloaded.hpp"
#include "gatefile/base/regex.hpp"
#include "middlewares.hpp"
#include "paths.hpp"

namespace gatefile::traefik {
namespace {

/// A prefix that the rule has matched, as a pattern for the path as it was sent: what need not be
/// escaped is as the rule has it, anything else may be either way.
std::string sent_prefix_pattern(std::string_view prefix) {
    std::string pattern;
    for (const char c : prefix) {
        const std::string_view one(&c, 1);
        const std::string escaped = escaped_prefix(one);
        const bool printable = c >= ' ' && c <= '~';
        if (escaped == one) {
            pattern += base::quote_regex(one);
        } else {
            pattern += printable ? "(?:" + base::quote_regex(one) + "|" + escaped + ")" : escaped;
        }
    }
    return pattern;
}

/// Literal text in a replacement of Go's regexp.
std::string in_replacement(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '$') out += '$';
        out += c;
    }
    return out;
}

/// A pattern for a whole path, and what replaces it; group `rest` holds what is kept.
struct PathReplacement {
    std::string pattern;
    std::string replacement;
};

PathReplacement replace_prefix(const ir::PrefixPath& change) {
    std::string replacement = escaped_path(change.replacement);
    while (!replacement.empty() && replacement.back() == '/')
        replacement.pop_back();
    const std::string prefix = change.matched == "/" ? "" : sent_prefix_pattern(change.matched);
    if (replacement.empty()) return {prefix + "/?(?P<rest>[^?]*)", "/${rest}"};
    return {prefix + "(?P<rest>[^?]*)", in_replacement(replacement) + "${rest}"};
}

PathReplacement replace_path(const ir::PathChange& change) {
    return std::visit(
        base::Overloaded{
            [](const ir::FullPath& full) {
                return PathReplacement{"[^?]*", in_replacement(escaped_path(full.path))};
            },
            [](const ir::PrefixPath& prefix) { return replace_prefix(prefix); },
        },
        change);
}

}  // namespace

RedirectRegexMiddleware redirect_by_regex(const ir::Redirect& redirect) {
    const PathReplacement path = redirect.path ? replace_path(*redirect.path)
                                               : PathReplacement{"(?P<rest>[^?]*)", "${rest}"};
    RedirectRegexMiddleware out;
    out.regex = R"(^(?P<scheme>https?)://(?P<host>\[[^\]/?]*\]|[^:/?]*)(?::[0-9]*)?)" +
                path.pattern + R"((?P<query>\?.*)?$)";
    out.replacement = redirect.scheme ? in_replacement(*redirect.scheme) : "${scheme}";
    out.replacement += "://";
    out.replacement += redirect.hostname ? in_replacement(*redirect.hostname) : "${host}";
    if (redirect.port) out.replacement += ":" + std::to_string(*redirect.port);
    out.replacement += path.replacement;
    // Traefik does not redirect to an equal URL; the empty fragment makes it differ and is dropped.
    out.replacement += "${query}#";
    out.permanent = redirect.status == 301 || redirect.status == 308;
    return out;
}

MiddlewareSettings rewrite_path_by_regex(const ir::PathChange& change) {
    const PathReplacement path = replace_path(change);
    return ReplacePathRegexMiddleware{.regex = "^" + path.pattern + "$",
                                      .replacement = path.replacement};
}

}  // namespace gatefile::traefik
