// SPDX-License-Identifier: Apache-2.0
#include "ownership.hpp"

#include <doctest/doctest.h>

#include "gatefile/tree/read.hpp"

namespace gatefile::agent {
namespace {

constexpr std::string_view manifests = R"(
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: ours}
spec: {controllerName: gatefile.dev/gateway-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: theirs}
spec: {controllerName: example.com/another}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: dmz, namespace: infra, labels: {network: dmz}}
spec:
  gatewayClassName: ours
  listeners: [{name: web, port: 80, protocol: HTTP}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: lan, namespace: infra, labels: {network: lan}}
spec:
  gatewayClassName: ours
  listeners: [{name: web, port: 80, protocol: HTTP}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: moved, namespace: infra}
spec:
  gatewayClassName: theirs
  listeners: [{name: web, port: 80, protocol: HTTP}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: classless, namespace: infra}
spec:
  gatewayClassName: missing
  listeners: [{name: web, port: 80, protocol: HTTP}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: {name: more, namespace: shop}
spec:
  parentRef: {name: lan, namespace: infra}
  listeners: [{name: more, port: 80, protocol: HTTP, hostname: more.example}]
)";

std::shared_ptr<const api::Snapshot> snapshot() {
    api::SnapshotBuilder builder(api::ReadOptions{});
    diag::Diagnostics found;
    const auto read = tree::read(manifests, std::make_shared<const std::string>("test.yaml"));
    REQUIRE(read.faults.empty());
    for (const tree::Document& document : read.documents)
        builder.add(document, found);
    REQUIRE(found.items().empty());
    return builder.finish();
}

struct Instance {
    graph::Selection selection = {};
    std::vector<std::string> namespaces = {};
    std::shared_ptr<const Told> told = nullptr;

    bool owns(std::string_view kind, std::string_view ns, std::string_view name) const {
        return ownership(snapshot(), {selection, namespaces}, told)(kind, ns, name);
    }
};

Instance of_network(std::string network) {
    Instance made;
    made.selection.gateway_selector.match_labels = {{"network", std::move(network)}};
    return made;
}

TEST_CASE("what there is of our controller is ours, and so is what is gone") {
    const Instance all;
    CHECK(all.owns("Gateway", "infra", "dmz"));
    CHECK(all.owns("Gateway", "infra", "gone"));
    CHECK(all.owns("Gateway", "infra", "classless"));
    CHECK(all.owns("ListenerSet", "shop", "more"));
    CHECK(all.owns("ListenerSet", "shop", "gone"));
}

TEST_CASE("a Gateway in a namespace that is not watched is another instance's") {
    const Instance some{.namespaces = {"shop"}};
    CHECK_FALSE(some.owns("Gateway", "infra", "dmz"));
    CHECK_FALSE(some.owns("Gateway", "infra", "gone"));
    CHECK_FALSE(some.owns("ListenerSet", "infra", "gone"));
    CHECK(some.owns("Gateway", "shop", "gone"));
    // It can be seen, and its Gateway cannot.
    CHECK_FALSE(some.owns("ListenerSet", "shop", "more"));
    CHECK(Instance{.namespaces = {"shop", "infra"}}.owns("ListenerSet", "shop", "more"));
}

TEST_CASE("what we said of a Gateway that went to another controller is ours to take back") {
    CHECK(Instance{}.owns("Gateway", "infra", "moved"));
    CHECK(of_network("dmz").owns("Gateway", "infra", "moved"));
    Instance chosen;
    chosen.selection.gateway_classes = {"ours"};
    CHECK(chosen.owns("Gateway", "infra", "moved"));
    CHECK_FALSE(Instance{.namespaces = {"shop"}}.owns("Gateway", "infra", "moved"));
}

TEST_CASE("of several instances each has the Gateways that it chooses") {
    const Instance dmz = of_network("dmz");
    CHECK(dmz.owns("Gateway", "infra", "dmz"));
    CHECK_FALSE(dmz.owns("Gateway", "infra", "lan"));
    CHECK_FALSE(dmz.owns("ListenerSet", "shop", "more"));
    CHECK(of_network("lan").owns("ListenerSet", "shop", "more"));
    Instance other;
    other.selection.gateway_classes = {"other"};
    CHECK_FALSE(other.owns("Gateway", "infra", "dmz"));
}

TEST_CASE("a Gateway that is gone is ours where we have told it") {
    Instance dmz = of_network("dmz");
    CHECK_FALSE(dmz.owns("Gateway", "infra", "gone"));
    CHECK_FALSE(dmz.owns("Gateway", "infra", "classless"));
    CHECK_FALSE(dmz.owns("ListenerSet", "shop", "gone"));
    dmz.told = std::make_shared<const Told>(Told{{"Gateway", "infra", "gone"},
                                                 {"Gateway", "infra", "classless"},
                                                 {"Gateway", "infra", "lan"},
                                                 {"ListenerSet", "shop", "gone"}});
    CHECK(dmz.owns("Gateway", "infra", "gone"));
    CHECK(dmz.owns("Gateway", "infra", "classless"));
    CHECK(dmz.owns("ListenerSet", "shop", "gone"));
    // It is there, and has become another instance's.
    CHECK_FALSE(dmz.owns("Gateway", "infra", "lan"));
}

TEST_CASE("whom we told is remembered, and nothing is copied where nobody is new") {
    const auto objects = snapshot();
    graph::Graph graph;
    graph.gateways.resize(1);
    graph.gateways[0].spec = objects->find_gateway("infra", "dmz");
    const auto first = with_told(nullptr, graph);
    CHECK(*first == Told{{"Gateway", "infra", "dmz"}});
    CHECK(with_told(first, graph) == first);
    graph.gateways[0].spec = objects->find_gateway("infra", "lan");
    graph.listener_sets.resize(1);
    graph.listener_sets[0].spec = objects->find_listener_set("shop", "more");
    CHECK(*with_told(first, graph) == Told{{"Gateway", "infra", "dmz"},
                                           {"Gateway", "infra", "lan"},
                                           {"ListenerSet", "shop", "more"}});
    CHECK(with_told(first, graph::Graph{})->size() == 1);
}

}  // namespace
}  // namespace gatefile::agent
