// SPDX-License-Identifier: Apache-2.0
#include "rules.hpp"

#include <algorithm>
#include <utility>

#include "filters.hpp"
#include "grpc.hpp"
#include "matches.hpp"
#include "rule_place.hpp"
#include "rule_settings.hpp"

namespace gatefile::graph {
namespace {

Standing standing_of(std::size_t refused, std::size_t all) {
    if (refused == 0) return Standing::Whole;
    return refused == all ? Standing::Refused : Standing::Partial;
}

bool is_redirect(const Filter& filter) {
    return std::holds_alternative<api::RequestRedirect>(*filter.spec);
}

/// The cookie would choose the TraefikService, and nothing behind it.
void refuse_session(const Context& context, const RulePlace& place) {
    report(context,
           place.route,
           place.path(),
           {diag::Code::RuleUnsupported,
            "not served: the rule's sessionPersistence does not reach into a TraefikService",
            "remove it, and write sticky into the TraefikService and at its Services"});
}

/// Only backends that get requests count: weight 0 takes none away by being refused.
Standing judge_backends(const Context& context,
                        const api::HttpRoute& route,
                        Rule& rule,
                        BackendResolver& backends) {
    std::size_t used = 0;
    std::size_t refused = 0;
    const std::vector<api::HttpBackendRef>& refs = rule.spec->backend_refs;
    rule.backends.reserve(refs.size());
    for (std::size_t i = 0; i < refs.size(); ++i) {
        const RulePlace place{route, rule.index, i};
        BackendRef backend;
        backend.spec = &refs[i];
        backend.backend = backends.resolve(route, refs[i].ref, [&] { return place.path(); });
        CheckedFilters checked = check_filters(context, place, refs[i].filters, backends);
        backend.filters = std::move(checked.filters);
        if (backend.backend.composite && rule.spec->session_persistence) {
            refuse_session(context, place);
            checked.refused = true;
        }
        if (checked.refused || checked.unresolved) backend.backend.fails = true;
        if (refs[i].weight > 0) {
            ++used;
            if (checked.refused) ++refused;
        }
        rule.backends.push_back(std::move(backend));
    }
    return standing_of(refused, used);
}

/// A redirect answers by itself: what backends would do is not foreseen (HTTPRouteRule has it as a
/// validation rule, but older CRDs do not).
bool check_redirect(const Context& context, const RulePlace& place, const Rule& rule) {
    if (rule.backends.empty() ||
        !std::any_of(rule.filters.begin(), rule.filters.end(), is_redirect)) {
        return true;
    }
    report(context,
           place.route,
           place.path() / "backendRefs",
           {diag::Code::FiltersIncompatible,
            "RequestRedirect filter must not be used together with backendRefs",
            {}});
    return false;
}

Rule judge_rule(const Context& context,
                const api::HttpRoute& route,
                const api::GrpcRouteRule* grpc,
                std::size_t index,
                BackendResolver& backends) {
    Rule rule;
    rule.spec = &route.rules[index];
    rule.grpc = grpc;
    rule.index = index;
    const RulePlace place{route, index};
    rule.match_valid = grpc ? check_matches(context, place, grpc->matches)
                            : check_matches(context, place, rule.spec->matches);
    CheckedFilters checked = check_filters(context, place, rule.spec->filters, backends);
    rule.filters = std::move(checked.filters);
    const Standing of_backends = judge_backends(context, route, rule, backends);
    const bool has_settings = check_settings(context, place, *rule.spec);
    const bool can_redirect = check_redirect(context, place, rule);
    const bool refused = checked.refused || !has_settings || !can_redirect;
    rule.valid = !refused && !checked.unresolved;

    const auto lost = std::count(rule.match_valid.begin(), rule.match_valid.end(), false);
    const Standing of_matches =
        standing_of(static_cast<std::size_t>(lost), rule.match_valid.size());
    rule.standing = refused ? Standing::Refused : std::max(of_matches, of_backends);
    return rule;
}

}  // namespace

void judge_rules(const Context& context,
                 Route& route,
                 const api::GrpcRoute* grpc,
                 BackendResolver& backends) {
    const std::size_t count = route.spec->rules.size();
    route.rules.reserve(count);
    std::size_t refused = 0;
    Standing worst = Standing::Whole;
    for (std::size_t i = 0; i < count; ++i) {
        route.rules.push_back(
            judge_rule(context, *route.spec, grpc ? &grpc->rules[i] : nullptr, i, backends));
        if (route.rules.back().standing == Standing::Refused) ++refused;
        worst = std::max(worst, route.rules.back().standing);
    }
    const bool all = count > 0 && refused == count;
    route.standing = all ? Standing::Refused : std::min(worst, Standing::Partial);
}

}  // namespace gatefile::graph
