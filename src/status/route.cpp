// SPDX-License-Identifier: Apache-2.0
#include "route.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "fold.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::status {
namespace {

using RouteFaults = std::span<const diag::Diagnostic* const>;
using graph::Standing;

/// The rule that a path leads into.
std::optional<std::size_t> rule_of(const diag::Path& path) {
    const auto& segments = path.segments();
    if (segments.size() < 3 || segments[1] != diag::Path::Segment("rules")) return std::nullopt;
    const auto* index = std::get_if<std::size_t>(&segments[2]);
    return index ? std::optional(*index) : std::nullopt;
}

/// Whether it is about one match or backendRef, so that the rest of the rule may still be served.
bool is_about_part(const diag::Path& path) {
    const auto& segments = path.segments();
    return segments.size() > 3 && (segments[3] == diag::Path::Segment("matches") ||
                                   segments[3] == diag::Path::Segment("backendRefs"));
}

/// A rule as the graph has it.
struct RuleFacts {
    Standing standing = Standing::Whole;
    const std::optional<std::string>* name = nullptr;
};

/// What routes of all kinds have.
struct RouteFacts {
    const api::Route& spec;
    const std::vector<graph::Parent>& parents;
    std::vector<RuleFacts> rules;
    /// What becomes of what one rule takes that is refused, and of what all take.
    std::string_view refused;
    std::string_view all_refused;
};

/// How much of each rule is served: as the graph has it, and less where a later stage found faults.
std::vector<Standing> standings(const RouteFacts& route, const FaultList& rule_faults) {
    std::vector<Standing> rules;
    for (const RuleFacts& rule : route.rules) {
        rules.push_back(rule.standing);
    }
    for (const diag::Diagnostic* fault : rule_faults) {
        const std::optional<std::size_t> rule = rule_of(fault->path);
        if (!rule || *rule >= rules.size()) continue;
        const Standing found = is_about_part(fault->path) ? Standing::Partial : Standing::Refused;
        rules[*rule] = std::max(rules[*rule], found);
    }
    return rules;
}

/// RouteConditionPartiallyInvalid wants the message to begin like this.
std::string dropped_rules(const RouteFacts& route, const std::vector<Standing>& rules) {
    std::string text = "Dropped Rule(s) ";
    bool is_first = true;
    for (std::size_t i = 0; i < rules.size(); ++i) {
        if (rules[i] == Standing::Whole) continue;
        if (!is_first) text += ", ";
        is_first = false;
        text += fmt::format("{}", i);
        if (const auto& name = *route.rules[i].name) {
            text += " " + base::quote_for_message(*name);
        }
        text += rules[i] == Standing::Refused ? fmt::format(" ({})", route.refused) : " (in part)";
    }
    return text + ": ";
}

/// What holds for all parents alike.
struct RuleState {
    FaultList faults;
    std::vector<Standing> rules;
    bool all_refused = false;
    Condition resolved_refs;
};

RuleState rule_state(const RouteFacts& route, RouteFaults faults) {
    const auto of_all_parents = [](const diag::Diagnostic& fault) { return !fault.parent; };
    RuleState state;
    state.faults = select(faults, diag::Condition::Accepted, of_all_parents);
    state.rules = standings(route, state.faults);
    state.all_refused =
        !state.rules.empty() && std::all_of(state.rules.begin(), state.rules.end(), [](Standing s) {
            return s == Standing::Refused;
        });
    state.resolved_refs = fold({"ResolvedRefs", "ResolvedRefs", "All references are resolved"},
                               select(faults, diag::Condition::ResolvedRefs, of_all_parents),
                               route.spec.meta.generation);
    return state;
}

RouteParentStatus parent_status(const RouteFacts& route,
                                const graph::Parent& parent,
                                RouteFaults faults,
                                const RuleState& state,
                                const std::string& controller_name) {
    const std::int64_t generation = route.spec.meta.generation;
    const FaultList own =
        select(faults, diag::Condition::Accepted, [&](const diag::Diagnostic& fault) {
            return fault.parent == parent.index;
        });
    RouteParentStatus status;
    status.parent_ref = route.spec.parent_refs[parent.index];
    status.controller_name = controller_name;
    const bool refused = own.empty() && state.all_refused && !state.faults.empty();
    if (refused) {
        status.conditions.push_back(make_condition("Accepted",
                                                   false,
                                                   reason_of(*state.faults.front()),
                                                   fmt::format("No rule can be served, all {}: {}",
                                                               route.all_refused,
                                                               describe(state.faults)),
                                                   generation));
    } else {
        status.conditions.push_back(
            fold({"Accepted", "Accepted", "The route is accepted"}, own, generation));
    }
    status.conditions.push_back(state.resolved_refs);
    if (own.empty() && !refused && !state.faults.empty()) {
        status.conditions.push_back(
            make_condition("PartiallyInvalid",
                           true,
                           "UnsupportedValue",
                           dropped_rules(route, state.rules) + describe(state.faults),
                           generation));
    }
    return status;
}

ObjectStatus
status_of(const RouteFacts& route, const Faults& faults, const std::string& controller_name) {
    const api::Meta& meta = route.spec.meta;
    ObjectStatus status;
    status.object = {std::string(api::name_of(route.spec.kind)), meta.ns, meta.name};
    status.api_version = "gateway.networking.k8s.io/v1";
    const RouteFaults own = faults.of(status.object);
    const RuleState state = rule_state(route, own);
    for (const graph::Parent& parent : route.parents) {
        status.parents.push_back(parent_status(route, parent, own, state, controller_name));
    }
    return status;
}

}  // namespace

ObjectStatus
route_status(const graph::Route& route, const Faults& faults, const std::string& controller_name) {
    const bool grpc = route.spec->kind == api::RouteKind::Grpc;
    RouteFacts facts{*route.spec,
                     route.parents,
                     {},
                     grpc ? "answers 503" : "answers 500",
                     grpc ? "answer 503" : "answer 500"};
    for (const graph::Rule& rule : route.rules) {
        facts.rules.push_back({rule.standing, &rule.spec->name});
    }
    return status_of(facts, faults, controller_name);
}

ObjectStatus route_status(const graph::StreamRoute& route,
                          const Faults& faults,
                          const std::string& controller_name) {
    RouteFacts facts{*route.spec, route.parents, {}, "not served", "are not served"};
    for (const api::StreamRule& rule : route.spec->rules) {
        facts.rules.push_back({Standing::Whole, &rule.name});
    }
    return status_of(facts, faults, controller_name);
}

}  // namespace gatefile::status
