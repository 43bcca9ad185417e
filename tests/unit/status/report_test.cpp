// SPDX-License-Identifier: Apache-2.0
#include "gatefile/status/report.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "../graph/built.hpp"
#include "gatefile/tree/write.hpp"

namespace gatefile::status {
namespace {

using graph::test::build_from;
using graph::test::Built;
using graph::test::capable;
using graph::test::gate;
using graph::test::open_gate;
using graph::test::route;

const std::string controller = "gatefile.dev/gateway-controller";

Report report_of(const Built& built) {
    return report(built.graph, built.diagnostics, controller);
}

const ObjectStatus& find(const Report& report, std::string_view name) {
    const auto found = std::find_if(report.objects.begin(), report.objects.end(), [&](auto& o) {
        return o.object.name == name;
    });
    REQUIRE(found != report.objects.end());
    return *found;
}

/// "Type=Status/Reason" each.
std::vector<std::string> short_form(const std::vector<Condition>& conditions) {
    std::vector<std::string> text;
    for (const Condition& condition : conditions) {
        text.push_back(condition.type + (condition.status ? "=True/" : "=False/") +
                       condition.reason);
    }
    return text;
}

using Conditions = std::vector<std::string>;

TEST_CASE("where nothing is wrong all conditions are positive") {
    const Report report =
        report_of(build_from(open_gate + route("infra", "r", "  parentRefs: [{name: gate}]")));
    CHECK(short_form(find(report, "ours").conditions) == Conditions{"Accepted=True/Accepted"});
    const ObjectStatus& gateway = find(report, "gate");
    CHECK(short_form(gateway.conditions) ==
          Conditions{"Accepted=True/Accepted", "Programmed=True/Programmed"});
    CHECK(short_form(gateway.listeners.at(0).conditions) ==
          Conditions{"Accepted=True/Accepted",
                     "Programmed=True/Programmed",
                     "ResolvedRefs=True/ResolvedRefs"});
    CHECK(gateway.listeners[0].attached_routes == 1);
    CHECK(short_form(find(report, "r").parents.at(0).conditions) ==
          Conditions{"Accepted=True/Accepted", "ResolvedRefs=True/ResolvedRefs"});
    CHECK(find(report, "r").parents[0].controller_name == controller);
    CHECK(find(report, "r").parents[0].parent_ref.kind == "Gateway");
}

TEST_CASE("ListenersNotValid goes with True while a listener is accepted") {
    const auto conditions = [](std::string_view listeners) {
        return short_form(find(report_of(build_from(gate(listeners))), "gate").conditions);
    };
    CHECK(conditions("  - {name: bad, port: 80, protocol: INVALID}") ==
          Conditions{"Accepted=False/ListenersNotValid", "Programmed=False/Invalid"});
    CHECK(conditions("  - {name: bad, port: 80, protocol: INVALID}\n"
                     "  - {name: good, port: 80, protocol: HTTP}") ==
          Conditions{"Accepted=True/ListenersNotValid", "Programmed=True/Programmed"});
}

TEST_CASE("listeners that conflict say so three times") {
    const Report report = report_of(build_from(gate(R"(
  - {name: a, port: 80, protocol: HTTP}
  - {name: b, port: 80, protocol: HTTPS, tls: {options: {gatefile.dev/cert-resolver: r}}}
)")));
    CHECK(short_form(find(report, "gate").listeners.at(0).conditions) ==
          Conditions{"Accepted=False/ProtocolConflict",
                     "Programmed=False/ProtocolConflict",
                     "ResolvedRefs=True/ResolvedRefs",
                     "Conflicted=True/ProtocolConflict"});
}

TEST_CASE("a listener without certificate is accepted but not programmed") {
    const Report report = report_of(build_from(gate(R"(
  - {name: a, port: 443, protocol: HTTPS, tls: {certificateRefs: [{name: none}]}}
)")));
    const ObjectStatus& gateway = find(report, "gate");
    CHECK(short_form(gateway.conditions) == Conditions{"Accepted=True/Accepted",
                                                       "Programmed=False/Invalid",
                                                       "ResolvedRefs=False/ListenersNotResolved"});
    CHECK(short_form(gateway.listeners.at(0).conditions) ==
          Conditions{"Accepted=True/Accepted",
                     "Programmed=False/Invalid",
                     "ResolvedRefs=False/InvalidCertificateRef"});
}

TEST_CASE("HTTPS listeners with overlapping hostnames carry OverlappingTLSConfig") {
    const Report report = report_of(build_from(gate(R"(
  - {name: a, port: 443, protocol: HTTPS, hostname: "*.x.example", tls: {options: {gatefile.dev/cert-resolver: r}}}
  - {name: b, port: 443, protocol: HTTPS, hostname: a.x.example, tls: {options: {gatefile.dev/cert-resolver: r}}}
)")));
    for (const ListenerStatus& listener : find(report, "gate").listeners) {
        CHECK(short_form(listener.conditions).back() ==
              "OverlappingTLSConfig=True/OverlappingHostnames");
    }
}

TEST_CASE("a parent that does not accept the route has ResolvedRefs all the same") {
    const Report report = report_of(
        build_from(open_gate + route("infra",
                                     "r",
                                     "  parentRefs: [{name: gate, sectionName: none}]\n"
                                     "  rules: [{backendRefs: [{name: none, port: 80}]}]")));
    CHECK(short_form(find(report, "r").parents.at(0).conditions) ==
          Conditions{"Accepted=False/NoMatchingParent", "ResolvedRefs=False/BackendNotFound"});
}

TEST_CASE("two parentRefs have a status of their own each") {
    const Report report =
        report_of(build_from(open_gate + route("infra",
                                               "r",
                                               "  parentRefs: [{name: gate, sectionName: web}, "
                                               "{name: gate, sectionName: none}]")));
    const auto& parents = find(report, "r").parents;
    REQUIRE(parents.size() == 2);
    CHECK(short_form(parents[0].conditions)[0] == "Accepted=True/Accepted");
    CHECK(short_form(parents[1].conditions)[0] == "Accepted=False/NoMatchingParent");
    CHECK(parents[1].parent_ref.section_name == "none");
}

graph::Capabilities without_timeouts() {
    graph::Capabilities capabilities = capable();
    capabilities.answers[static_cast<std::size_t>(graph::Ability::RequestTimeout)] = {
        graph::Support::No, "there are none", "", ""};
    return capabilities;
}

TEST_CASE("a rule among others that cannot be served makes the route partially invalid") {
    const Report report = report_of(build_from(open_gate + route("infra",
                                                                 "r",
                                                                 R"(
  parentRefs: [{name: gate}]
  rules: [{}, {timeouts: {request: 1s}}]
)"),
                                               without_timeouts()));
    const auto& conditions = find(report, "r").parents.at(0).conditions;
    CHECK(short_form(conditions) == Conditions{"Accepted=True/Accepted",
                                               "ResolvedRefs=True/ResolvedRefs",
                                               "PartiallyInvalid=True/UnsupportedValue"});
    CHECK(conditions[2].message.starts_with("Dropped Rule(s) 1 (answers 500): "));
}

TEST_CASE("a route with no rule that can be served is not accepted") {
    const Report report = report_of(build_from(open_gate + route("infra",
                                                                 "r",
                                                                 R"(
  parentRefs: [{name: gate}]
  rules: [{timeouts: {request: 1s}}]
)"),
                                               without_timeouts()));
    CHECK(short_form(find(report, "r").parents.at(0).conditions) ==
          Conditions{"Accepted=False/UnsupportedValue", "ResolvedRefs=True/ResolvedRefs"});
    CHECK(find(report, "gate").listeners.at(0).attached_routes == 0);
}

TEST_CASE("faults that a later stage finds count as well") {
    Built built = build_from(open_gate + route("infra", "r", R"(
  parentRefs: [{name: gate}]
  rules: [{name: first}, {}]
)"));
    built.diagnostics.add({.code = diag::Code::RuleUnsupported,
                           .object = {"HTTPRoute", "infra", "r"},
                           .path = diag::Path("spec.rules") / std::size_t{0} / "filters",
                           .detail = "found late"});
    const auto conditions = find(report_of(built), "r").parents.at(0).conditions;
    REQUIRE(conditions.size() == 3);
    CHECK(conditions[2].message ==
          "Dropped Rule(s) 0 \"first\" (answers 500): spec.rules[0].filters: found late");
}

TEST_CASE("several faults are joined in order, and cut at the limit between characters") {
    Built built = build_from(open_gate + route("infra", "r", "  parentRefs: [{name: gate}]"));
    const auto add = [&](std::size_t rule, std::string detail) {
        built.diagnostics.add({.code = diag::Code::BackendNotFound,
                               .object = {"HTTPRoute", "infra", "r"},
                               .path = diag::Path("spec.rules") / rule,
                               .detail = std::move(detail),
                               .hint = "add it"});
    };
    add(10, "second");
    add(2, "first");
    const auto message = [&] {
        return find(report_of(built), "r").parents.at(0).conditions.at(1).message;
    };
    CHECK(message() == "spec.rules[2]: first (add it); spec.rules[10]: second (add it)");
    std::string wide;
    while (wide.size() < 40000) {
        wide += "\u00e4";
    }
    add(3, "x" + wide);
    CHECK(message().size() <= 32768);
    CHECK(message().ends_with("\u00e4..."));
}

TEST_CASE("encoded as the API has it") {
    ObjectStatus ours = report_of(build_from(graph::test::our_class)).objects[0];
    ours.supported_features = {"Gateway", "HTTPRoute"};
    tree::Arena arena;
    CHECK(tree::write_json(encode({{ours}}, base::Timestamp{0}, arena), tree::JsonStyle::Compact) ==
          R"([{"apiVersion":"gateway.networking.k8s.io/v1","kind":"GatewayClass",)"
          R"("metadata":{"name":"ours"},"status":{"conditions":[{"type":"Accepted",)"
          R"("status":"True","reason":"Accepted","message":"The GatewayClass is accepted",)"
          R"("lastTransitionTime":"1970-01-01T00:00:00Z"}],)"
          R"("supportedFeatures":[{"name":"Gateway"},{"name":"HTTPRoute"}]}}])"
          "\n");
}

TEST_CASE("a GatewayClass has the features that are served as asked for, sorted") {
    const auto features = [](const graph::Capabilities& capabilities) {
        return find(report_of(build_from(graph::test::our_class, capabilities)), "ours")
            .supported_features;
    };
    const auto has = [](const std::vector<std::string>& names, std::string_view name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    graph::Capabilities capabilities = capable();
    const auto all = features(capabilities);
    CHECK(std::is_sorted(all.begin(), all.end()));
    CHECK(std::adjacent_find(all.begin(), all.end()) == all.end());
    for (const char* name : {"Gateway", "HTTPRoute", "ReferenceGrant", "HTTPRouteCORS"}) {
        CHECK(has(all, name));
    }
    CHECK_FALSE(has(all, "GatewayPort8080"));
    CHECK_FALSE(has(all, "GatewayStaticAddresses"));

    const auto answer = [&](graph::Ability ability) -> graph::Support& {
        return capabilities.answers[static_cast<std::size_t>(ability)].support;
    };
    answer(graph::Ability::ResponseHeaderAdd) = graph::Support::Approximate;
    answer(graph::Ability::RetryConnection) = graph::Support::No;
    capabilities.approximate = true;
    capabilities.slots[0].address = "192.0.2.1";
    capabilities.slots[0].ports.push_back({8080, graph::Transport::Tcp, "alt", 8080});
    const auto some = features(capabilities);
    CHECK_FALSE(has(some, "HTTPRouteResponseHeaderModification"));
    CHECK_FALSE(has(some, "HTTPRouteRetryCodes"));
    CHECK_FALSE(has(some, "HTTPRouteRetryConnectionError"));
    CHECK(has(some, "HTTPRouteBackendRequestHeaderModification"));
    CHECK(has(some, "GatewayPort8080"));
    CHECK(has(some, "GatewayStaticAddresses"));
}

}  // namespace
}  // namespace gatefile::status
