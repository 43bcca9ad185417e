// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "built.hpp"

namespace gatefile::graph::test {
namespace {

Built build_rules(std::string_view rules, const Capabilities& capabilities = capable()) {
    return build_from(open_gate + route("shop",
                                        "r",
                                        "  parentRefs: [{name: gate, namespace: infra}]\n  rules:" +
                                            std::string(rules)),
                      capabilities);
}

Capabilities without(Ability ability, Support support = Support::No) {
    Capabilities capabilities = capable();
    capabilities.answers[static_cast<std::size_t>(ability)] = {
        support, "that cannot be written", "--to plugin", "something near"};
    return capabilities;
}

constexpr std::string_view two_rules = R"(
  - filters: [{type: RequestHeaderModifier, requestHeaderModifier: {add: [{name: a, value: b}]}}]
  - {}
)";

TEST_CASE("a filter that cannot be served refuses its rule only") {
    const Built built = build_rules(two_rules, without(Ability::RequestHeaderAdd));
    CHECK_FALSE(built.route("r").rules[0].valid);
    CHECK(built.route("r").rules[1].valid);
    CHECK(built.route("r").standing == Standing::Partial);
    CHECK(built.has(diag::Code::RuleUnsupported,
                    "spec.rules[0].filters[0].requestHeaderModifier.add"));
}

TEST_CASE("what can be approximated is refused unless that is allowed") {
    Capabilities capabilities = without(Ability::RequestHeaderAdd, Support::Approximate);
    CHECK(build_rules(two_rules, capabilities).count(diag::Code::RuleUnsupported) == 1);
    capabilities.approximate = true;
    const Built built = build_rules(two_rules, capabilities);
    CHECK(built.count(diag::Code::RuleUnsupported) == 0);
    CHECK(built.count(diag::Code::RuleApproximated) == 1);
    CHECK(built.route("r").standing == Standing::Whole);
}

TEST_CASE("a route of which nothing can be served is refused but stays attached") {
    const Built built = build_rules(R"(
  - timeouts: {request: 1s}
)",
                                    without(Ability::RequestTimeout));
    CHECK(built.route("r").standing == Standing::Refused);
    CHECK(built.route("r").parents.at(0).accepted);
    CHECK(built.gateway("gate").listeners[0].attached_routes == 0);
}

TEST_CASE("a match with an invalid regular expression never matches") {
    const Built built = build_rules(R"(
  - matches:
    - {path: {type: RegularExpression, value: "/a("}}
    - {headers: [{name: x, type: RegularExpression, value: "a.*"}]}
)");
    const Rule& rule = built.route("r").rules[0];
    CHECK(rule.match_valid == std::vector<bool>{false, true});
    CHECK(rule.valid);
    CHECK(rule.standing == Standing::Partial);
    CHECK(built.has(diag::Code::RegexInvalid, "spec.rules[0].matches[0].path.value"));
}

TEST_CASE("a backendRef's filter that cannot be served fails that backend") {
    const Built built = build_rules(R"(
  - backendRefs:
    - name: a
      port: 80
      filters: [{type: CORS, cors: {allowOrigins: ["*"]}}]
    - {name: b, port: 80}
)",
                                    without(Ability::BackendCors));
    const Rule& rule = built.route("r").rules[0];
    CHECK(rule.valid);
    CHECK(rule.backends[0].backend.fails);
    CHECK(rule.standing == Standing::Partial);
    CHECK(built.has(diag::Code::RuleUnsupported, "spec.rules[0].backendRefs[0].filters[0].cors"));
}

TEST_CASE("an ExtensionRef is not skipped, but it is a matter of references") {
    const Built built = build_rules(R"(
  - filters: [{type: ExtensionRef, extensionRef: {group: x.example, kind: Limit, name: l}}]
)");
    CHECK_FALSE(built.route("r").rules[0].valid);
    CHECK(built.route("r").standing == Standing::Whole);
    CHECK(built.count(diag::Code::ExtensionUnknown) == 1);
}

TEST_CASE("a mirror without a usable backend is told, and marked to be left out") {
    const Built built = build_rules(R"(
  - filters: [{type: RequestMirror, requestMirror: {backendRef: {name: none, port: 80}}}]
)");
    const Rule& rule = built.route("r").rules[0];
    CHECK(rule.valid);
    REQUIRE(rule.filters.at(0).mirror);
    CHECK(rule.filters.at(0).mirror->fails);
    CHECK(built.has(diag::Code::BackendNotFound,
                    "spec.rules[0].filters[0].requestMirror.backendRef"));
}

TEST_CASE("a share of mirrored requests that is no whole percent is asked for by itself") {
    const Capabilities capabilities = without(Ability::MirrorFraction);
    const auto refusals = [&](std::string_view share) {
        return build_rules("\n  - filters: [{type: RequestMirror, requestMirror: {backendRef: "
                           "{name: none, port: 80}, " +
                               std::string(share) + "}}]\n",
                           capabilities)
            .count(diag::Code::RuleUnsupported);
    };
    CHECK(refusals("fraction: {numerator: 1, denominator: 4}") == 0);
    CHECK(refusals("fraction: {numerator: 1, denominator: 3}") == 1);
    CHECK(refusals("percent: 33") == 0);
}

TEST_CASE("a deadline over retries is another thing than a deadline") {
    const Capabilities capabilities = without(Ability::RequestTimeoutWithRetry);
    const auto refusals = [&](std::string_view rule) {
        return build_rules("\n  - " + std::string(rule) + "\n", capabilities)
            .count(diag::Code::RuleUnsupported);
    };
    CHECK(refusals("{timeouts: {request: 1s}, retry: {attempts: 2}}") == 1);
    CHECK(refusals("{timeouts: {request: 1s}, retry: {attempts: 0}}") == 0);
    CHECK(refusals("{timeouts: {request: 0s}, retry: {attempts: 2}}") == 0);
    CHECK(refusals("{timeouts: {request: 1s}}") == 0);
}

TEST_CASE("several faults of one rule are all told") {
    const Built built = build_rules(R"(
  - matches: [{path: {type: RegularExpression, value: "("}}]
    filters:
    - {type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: a, value: b}], remove: [A]}}
    timeouts: {request: 1s}
    backendRefs: [{name: none, port: 80}, {kind: Pod, name: x, port: 80}]
)",
                                    without(Ability::RequestTimeout));
    CHECK(built.count(diag::Code::RegexInvalid) == 1);
    CHECK(built.count(diag::Code::FiltersIncompatible) == 1);
    CHECK(built.count(diag::Code::RuleUnsupported) == 1);
    CHECK(built.count(diag::Code::BackendNotFound) == 1);
    CHECK(built.count(diag::Code::BackendKind) == 1);
}

}  // namespace
}  // namespace gatefile::graph::test
