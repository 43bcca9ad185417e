// SPDX-License-Identifier: Apache-2.0
#include "precedence.hpp"

#include <tuple>

namespace gatefile::ir {
namespace {

PathRank path_rank(const PathMatch& path) {
    switch (path.kind) {
    case PathKind::Exact:
        return PathRank::Exact;
    case PathKind::Regex:
        return PathRank::Regex;
    case PathKind::Prefix:
        return path.value == "/" ? PathRank::Any : PathRank::Prefix;
    }
    return PathRank::Any;
}

}  // namespace

Specificity specificity(std::string_view hostname) {
    if (hostname.empty()) return {.kind = HostnameKind::Any, .length = {0}};
    const HostnameKind kind =
        hostname.starts_with("*.") ? HostnameKind::Wildcard : HostnameKind::Exact;
    return {.kind = kind, .length = {hostname.size()}};
}

bool MostSpecificFirst::operator()(std::string_view a, std::string_view b) const {
    const Specificity specificity_a = specificity(a);
    const Specificity specificity_b = specificity(b);
    return std::tie(specificity_a, a) < std::tie(specificity_b, b);
}

Precedence precedence(std::string_view written_hostname, const Match& match) {
    return {
        .written = specificity(written_hostname),
        .path_kind = path_rank(match.path),
        .path_length = {match.path.value.size()},
        .lacks_method = !match.method.has_value(),
        .headers = {match.headers.size()},
        .query = {match.query.size()},
    };
}

Seniority
seniority(std::optional<base::Timestamp> created, std::string_view ns, std::string_view name) {
    return {
        .lacks_timestamp = !created.has_value(),
        .created = created.value_or(base::Timestamp{}),
        .ns = ns,
        .name = name,
    };
}

}  // namespace gatefile::ir
