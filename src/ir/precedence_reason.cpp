// SPDX-License-Identifier: Apache-2.0
#include "gatefile/ir/precedence_reason.hpp"

#include <tuple>

#include "lower_grpc.hpp"
#include "lower_http.hpp"
#include "precedence.hpp"

namespace gatefile::ir {
namespace {

Precedence precedence_of(const Contender& contender) {
    const graph::Rule& rule = contender.route->rules[contender.rule];
    if (rule.grpc != nullptr && !rule.grpc->matches.empty()) {
        return precedence(contender.written, rule.grpc->matches[contender.match]);
    }
    const std::vector<api::HttpRouteMatch>& matches = rule.spec->matches;
    return precedence(
        contender.written,
        lower_match(matches.empty() ? api::HttpRouteMatch{} : matches[contender.match]));
}

Seniority seniority_of(const Contender& contender) {
    const api::Meta& meta = contender.route->spec->meta;
    return seniority(meta.created, meta.ns, meta.name);
}

}  // namespace

Criterion decisive(const Contender& winner, const Contender& loser) {
    const Precedence a = precedence_of(winner);
    const Precedence b = precedence_of(loser);
    if (a.written != b.written) return Criterion::WrittenHostname;
    if (a.path_kind != b.path_kind) return Criterion::PathKind;
    if (a.path_length != b.path_length) return Criterion::PathLength;
    if (a.call_method_length != b.call_method_length) return Criterion::CallMethodLength;
    if (a.lacks_method != b.lacks_method) return Criterion::Method;
    if (a.headers != b.headers) return Criterion::Headers;
    if (a.query != b.query) return Criterion::QueryParams;
    if (winner.route != loser.route) {
        const Seniority older = seniority_of(winner);
        const Seniority younger = seniority_of(loser);
        const bool same_age = std::tie(older.lacks_timestamp, older.created) ==
                              std::tie(younger.lacks_timestamp, younger.created);
        return same_age ? Criterion::Name : Criterion::Age;
    }
    return winner.rule != loser.rule ? Criterion::RuleOrder : Criterion::MatchOrder;
}

}  // namespace gatefile::ir
