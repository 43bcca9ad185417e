// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "built.hpp"

namespace gatefile::graph::test {
namespace {

const std::string selecting_gate = gate(R"(
  - name: web
    port: 80
    protocol: HTTP
    allowedRoutes: {namespaces: {from: Selector, selector: {matchLabels: {network: dmz}}}}
)");
const std::string shop_route = route("shop", "r", "  parentRefs: [{name: gate, namespace: infra}]");

std::string named_namespace(std::string_view labels) {
    return "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: " +
           std::string(labels) + "}\n---\n";
}

bool attaches(const Built& built) {
    return built.route("r").parents.at(0).accepted;
}

TEST_CASE("a selector matches the labels of the route's namespace") {
    CHECK(attaches(build_from(selecting_gate + shop_route + named_namespace("{network: dmz}"))));
    const Built other = build_from(selecting_gate + shop_route + named_namespace("{network: lan}"));
    CHECK_FALSE(attaches(other));
    CHECK(other.has(diag::Code::RouteNotAllowed, "spec.parentRefs[0]"));
    CHECK(other.count(diag::Code::SelectorUnmatched) == 0);
}

TEST_CASE("a namespace that is not in the input does not match, and that is said") {
    const Built built = build_from(selecting_gate + shop_route);
    CHECK_FALSE(attaches(built));
    REQUIRE(built.count(diag::Code::SelectorUnmatched) == 1);
    for (const diag::Diagnostic& item : built.diagnostics.items()) {
        if (item.code != diag::Code::SelectorUnmatched) continue;
        CHECK(item.hint.find("--namespace-label \"shop=network=dmz\"") != std::string::npos);
    }
}

TEST_CASE("labels that are not known match no negative selector either") {
    const Built built = build_from(gate(R"(
  - name: web
    port: 80
    protocol: HTTP
    allowedRoutes:
      namespaces: {from: Selector, selector: {matchExpressions: [{key: locked, operator: DoesNotExist}]}}
)") + shop_route);
    CHECK_FALSE(attaches(built));
    CHECK(built.count(diag::Code::SelectorUnmatched) == 1);
}

TEST_CASE("--namespace-label stands in") {
    BuildSettings settings;
    settings.selection.namespace_labels["shop"] = {{"network", "dmz"}};
    CHECK(attaches(build_from(selecting_gate + shop_route, capable(), settings)));
}

TEST_CASE("the name label is there without a Namespace") {
    CHECK(attaches(build_from(gate(R"(
  - name: web
    port: 80
    protocol: HTTP
    allowedRoutes:
      namespaces: {from: Selector, selector: {matchLabels: {kubernetes.io/metadata.name: shop}}}
)") + shop_route)));
}

TEST_CASE("the reason is the furthest point that was reached") {
    const std::string gates = gate(R"(
  - {name: same, port: 80, protocol: HTTP, hostname: a.example}
  - {name: all, port: 80, protocol: HTTP, hostname: b.example, allowedRoutes: {namespaces: {from: All}}}
)");
    const auto reason = [&](std::string_view ref, std::string_view hostname) {
        const Built built = build_from(
            gates + route("shop",
                          "r",
                          "  parentRefs: [{name: gate, namespace: infra" + std::string(ref) +
                              "}]\n  hostnames: [" + std::string(hostname) + "]"));
        REQUIRE_FALSE(attaches(built));
        return built.diagnostics.items().back().code;
    };
    CHECK(reason(", sectionName: none", "a.example") == diag::Code::RouteNoParent);
    CHECK(reason(", port: 81", "a.example") == diag::Code::RouteNoParent);
    CHECK(reason(", sectionName: all, port: 443", "b.example") == diag::Code::RouteNoParent);
    CHECK(reason(", sectionName: same", "a.example") == diag::Code::RouteNotAllowed);
    CHECK(reason("", "a.example") == diag::Code::RouteNoHostname);
    CHECK(reason("", "c.example") == diag::Code::RouteNoHostname);
}

TEST_CASE("a parentRef to a Gateway that does not exist yields no Parent") {
    const Built built = build_from(
        open_gate + route("infra", "r", "  parentRefs: [{name: gate}, {name: missing}]"));
    CHECK(built.route("r").parents.size() == 1);
    CHECK(built.has(diag::Code::RouteParentMissing, "spec.parentRefs[1]"));
    CHECK(built.count(diag::Code::RouteDetached) == 0);
}

TEST_CASE("routes are counted where they are accepted, served or not") {
    const Built built = build_from(gate(R"(
  - {name: a, port: 80, protocol: HTTP}
  - {name: b, port: 81, protocol: HTTP}
)") + route("infra", "one", "  parentRefs: [{name: gate}]") +
                                   route("infra",
                                         "two",
                                         "  parentRefs: [{name: gate, sectionName: b}]\n"
                                         "  rules: [{filters: [{type: ExtensionRef, extensionRef: "
                                         "{group: x, kind: Limit, name: z}}]}]"));
    CHECK(built.gateway("gate").listeners[0].attached_routes == 1);
    CHECK(built.gateway("gate").listeners[1].attached_routes == 2);
}

}  // namespace
}  // namespace gatefile::graph::test
