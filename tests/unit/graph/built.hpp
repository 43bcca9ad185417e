// SPDX-License-Identifier: Apache-2.0
//
// Manifests to a Graph, for the tests of graph and status.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "gatefile/graph/build.hpp"
#include "gatefile/tree/read.hpp"

namespace gatefile::graph::test {

/// Everything can be served; one slot without an address, ports 80 and 443.
inline Capabilities capable() {
    Capabilities capabilities;
    for (Answer& answer : capabilities.answers) {
        answer.support = Support::Yes;
    }
    capabilities.slots.push_back(
        {"all",
         std::nullopt,
         {{80, Transport::Tcp, "web", 80}, {443, Transport::Tcp, "websecure", 443}}});
    return capabilities;
}

struct Built {
    Graph graph;
    diag::Diagnostics diagnostics;

    const Gateway& gateway(std::string_view name) const {
        const auto found = std::find_if(graph.gateways.begin(), graph.gateways.end(), [&](auto& g) {
            return g.spec->meta.name == name;
        });
        REQUIRE(found != graph.gateways.end());
        return *found;
    }
    const Route& route(std::string_view name) const {
        const auto found = std::find_if(graph.routes.begin(), graph.routes.end(), [&](auto& r) {
            return r.spec->meta.name == name;
        });
        REQUIRE(found != graph.routes.end());
        return *found;
    }
    const Backend& backend(std::string_view route_name) const {
        return route(route_name).rules.at(0).backends.at(0).backend;
    }
    std::size_t count(diag::Code code) const {
        const auto& items = diagnostics.items();
        return static_cast<std::size_t>(std::count_if(
            items.begin(), items.end(), [&](const auto& item) { return item.code == code; }));
    }
    bool has(diag::Code code, std::string_view path) const {
        const auto& items = diagnostics.items();
        return std::any_of(items.begin(), items.end(), [&](const auto& item) {
            return item.code == code && item.path.text() == path;
        });
    }
};

inline Built build_from(std::string_view manifests,
                        const Capabilities& capabilities = capable(),
                        const BuildSettings& settings = {}) {
    Built built;
    api::SnapshotBuilder builder(api::ReadOptions{});
    const auto read = tree::read(manifests, std::make_shared<const std::string>("test.yaml"));
    REQUIRE(read.faults.empty());
    for (const tree::Document& document : read.documents) {
        builder.add(document, built.diagnostics);
    }
    for (const diag::Diagnostic& item : built.diagnostics.items()) {
        FAIL_CHECK(item.object.text(), " ", item.path.text(), ": ", item.detail);
    }
    built.graph = build(builder.finish(), capabilities, settings, built.diagnostics);
    return built;
}

inline const std::string our_class = R"(
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: ours}
spec: {controllerName: gatefile.dev/gateway-controller}
---
)";

/// Our class and a Gateway `infra/gate` with these listeners (YAML of the list's items).
inline std::string gate(std::string_view listeners) {
    return our_class + R"(
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gate, namespace: infra}
spec:
  gatewayClassName: ours
  listeners:
)" + std::string(listeners) +
           "\n---\n";
}

/// An HTTPRoute with `spec` as YAML of its fields, indented by two.
inline std::string route(std::string_view ns, std::string_view name, std::string_view spec) {
    return "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: " +
           std::string(name) + ", namespace: " + std::string(ns) + "}\nspec:\n" +
           std::string(spec) + "\n---\n";
}

inline const std::string open_gate = gate(R"(
  - {name: web, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: All}}}
)");

}  // namespace gatefile::graph::test
