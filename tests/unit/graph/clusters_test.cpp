// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <fmt/format.h>

#include "built.hpp"

namespace gatefile::graph::test {
namespace {

const std::string to_app = open_gate + route("shop", "r", R"(
  parentRefs: [{name: gate, namespace: infra}]
  rules: [{backendRefs: [{name: app, port: 80}]}]
)");

std::string service(std::string_view spec = "{ports: [{port: 80}]}") {
    return "apiVersion: v1\nkind: Service\nmetadata: {name: app, namespace: shop}\nspec: " +
           std::string(spec) + "\n---\n";
}

/// Endpoints as YAML of the list's items.
std::string slice(std::string_view endpoints) {
    return fmt::format("apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n"
                       "  name: app-1\n  namespace: shop\n"
                       "  labels: {{kubernetes.io/service-name: app}}\n"
                       "addressType: IPv4\nports: [{{port: 8080}}]\nendpoints: [{}]\n---\n",
                       endpoints);
}

std::string at(std::string_view address) {
    return fmt::format("{{addresses: [{}]}}", address);
}

std::string not_ready(std::string_view address) {
    return fmt::format("{{addresses: [{}], conditions: {{ready: false}}}}", address);
}

std::string ending(std::string_view address) {
    return fmt::format("{{addresses: [{}], conditions: {{ready: false, serving: true, "
                       "terminating: true}}}}",
                       address);
}

std::shared_ptr<const api::Snapshot> objects(std::string_view manifests) {
    api::SnapshotBuilder builder(api::ReadOptions{});
    diag::Diagnostics found;
    const auto read = tree::read(manifests, std::make_shared<const std::string>("test.yaml"));
    for (const tree::Document& document : read.documents)
        builder.add(document, found);
    CHECK(found.empty());
    return builder.finish();
}

struct Weights {
    int home = 1;
    int member = 1;
};

/// The clusters "a", which is home, and "b".
Built both(const std::string& a, const std::string& b, Weights weights = {}) {
    Built built;
    const auto home = objects(a);
    BuildSettings settings;
    settings.backends.refuse_local_endpoints = true;
    built.graph = build(api::join(*home, "a", weights.home, {{"b", weights.member, objects(b)}}),
                        capable(),
                        settings,
                        built.diagnostics);
    return built;
}

using Endpoints = std::vector<Endpoint>;

TEST_CASE("a Service has the endpoints that it has in every cluster") {
    const Built built = both(to_app + service() + slice(at("10.0.0.1")),
                             service() + slice(at("10.9.0.1")));
    CHECK(built.backend("r").endpoints ==
          Endpoints{{"10.0.0.1", 8080, 1, "a"}, {"10.9.0.1", 8080, 1, "b"}});
    CHECK(built.diagnostics.empty());
}

TEST_CASE("clusters share by weight, however many endpoints each has") {
    const std::string three = slice(at("10.0.0.1") + ", " + at("10.0.0.2") + ", " + at("10.0.0.3"));
    const std::string two = slice(at("10.9.0.1") + ", " + at("10.9.0.2"));
    const auto weights = [&](Weights weights) {
        const Built built = both(to_app + service() + three, service() + two, weights);
        std::vector<int> found;
        for (const Endpoint& endpoint : built.backend("r").endpoints)
            found.push_back(endpoint.weight);
        return found;
    };
    CHECK(weights({1, 1}) == std::vector{2, 2, 2, 3, 3});
    CHECK(weights({3, 2}) == std::vector{1, 1, 1, 1, 1});
    CHECK(weights({1000, 1}) == std::vector{2000, 2000, 2000, 3, 3});
}

TEST_CASE("a cluster without ready endpoints gives its share to the others") {
    for (const std::string& mine : {slice(""), slice(not_ready("10.0.0.1"))}) {
        const Built built =
            both(to_app + service() + mine, service() + slice(at("10.9.0.1")));
        CHECK(built.backend("r").endpoints == Endpoints{{"10.9.0.1", 8080, 1, "b"}});
        CHECK(built.has(diag::Code::BackendNoEndpoints, "spec.rules[0].backendRefs[0]"));
    }
}

TEST_CASE("what is ready elsewhere goes before what terminates here") {
    const std::string here = to_app + service() + slice(ending("10.0.0.1"));
    CHECK(both(here, service() + slice(at("10.9.0.1"))).backend("r").endpoints ==
          Endpoints{{"10.9.0.1", 8080, 1, "b"}});
    CHECK(both(here, service() + slice("")).backend("r").endpoints ==
          Endpoints{{"10.0.0.1", 8080, 1, "a"}});
}

TEST_CASE("weight 0 stands by") {
    const std::string b = service() + slice(at("10.9.0.1"));
    CHECK(both(to_app + service() + slice(at("10.0.0.1")), b, {1, 0}).backend("r").endpoints ==
          Endpoints{{"10.0.0.1", 8080, 1, "a"}});
    CHECK(both(to_app + service() + slice(""), b, {1, 0}).backend("r").endpoints ==
          Endpoints{{"10.9.0.1", 8080, 1, "b"}});
}

TEST_CASE("a Service need not be in the home cluster; without any it is not found") {
    CHECK(both(to_app, service() + slice(at("10.9.0.1"))).backend("r").endpoints ==
          Endpoints{{"10.9.0.1", 8080, 1, "b"}});
    const Built none = both(to_app, "");
    CHECK(none.backend("r").fails);
    CHECK(none.count(diag::Code::BackendNotFound) == 1);
}

TEST_CASE("a port of another protocol is another port") {
    const Built built =
        both(to_app + service() + slice(at("10.0.0.1")),
             service("{ports: [{port: 80, appProtocol: https}]}") + slice(at("10.9.0.1")));
    CHECK(built.backend("r").endpoints == Endpoints{{"10.0.0.1", 8080, 1, "a"}});
    CHECK(built.count(diag::Code::BackendNoEndpoints) == 1);
}

TEST_CASE("an address that two clusters have is the first one's") {
    const Built built = both(to_app + service() + slice(at("10.0.0.1")),
                             service() + slice(at("10.0.0.1") + ", " + at("10.9.0.1")));
    CHECK(built.backend("r").endpoints ==
          Endpoints{{"10.0.0.1", 8080, 1, "a"}, {"10.9.0.1", 8080, 1, "b"}});
}

TEST_CASE("what tenants of a member write makes no route fail and leads nowhere else") {
    const std::string here = to_app + service() + slice(at("10.0.0.1"));
    const std::string outward = "{type: ExternalName, externalName: evil.example, "
                                "ports: [{port: 80}]}";
    for (const std::string& there :
         {service() + slice(at("127.0.0.1")), service() + slice(at("169.254.169.254")),
          service(outward)}) {
        const Built built = both(here, there);
        CHECK(built.backend("r").endpoints == Endpoints{{"10.0.0.1", 8080, 1, "a"}});
        CHECK_FALSE(built.backend("r").fails);
        CHECK_FALSE(built.diagnostics.has_errors());
    }
    CHECK(both(to_app, service(outward)).backend("r").endpoints.empty());
}

TEST_CASE("grants, Gateways, policies and routes of a member count for nothing") {
    const std::string crossing = open_gate + route("other", "r", R"(
  parentRefs: [{name: gate, namespace: infra}]
  rules: [{backendRefs: [{name: app, namespace: shop, port: 80}]}]
)") + service() + slice(at("10.0.0.1"));
    const std::string grant = "apiVersion: gateway.networking.k8s.io/v1beta1\n"
                              "kind: ReferenceGrant\nmetadata: {name: g, namespace: shop}\n"
                              "spec:\n  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, "
                              "namespace: other}]\n  to: [{group: \"\", kind: Service}]\n---\n";
    const std::string theirs = our_class + grant + route("shop", "theirs", R"(
  parentRefs: [{name: gate, namespace: infra}]
  rules: [{backendRefs: [{name: app, port: 80}]}]
)") + service() + slice(at("10.9.0.1"));
    const Built built = both(crossing, theirs);
    CHECK(built.backend("r").fails);
    CHECK(built.count(diag::Code::BackendDenied) == 1);
    CHECK(built.graph.routes.size() == 1);
    CHECK(both(crossing + grant, theirs).backend("r").endpoints.size() == 2);
}

TEST_CASE("alone, a cluster has no name, and its endpoints are as ever") {
    Built built;
    const auto home = objects(to_app + service() + slice(at("10.0.0.1")));
    built.graph = build(api::join(*home, "a", 3, {}), capable(), {}, built.diagnostics);
    CHECK(built.backend("r").endpoints == Endpoints{{"10.0.0.1", 8080}});
}

}  // namespace
}  // namespace gatefile::graph::test
