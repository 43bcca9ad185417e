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
    api::SnapshotBuilder builder(api::ReadOptions{.validate = false});
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

Built joined(const std::string& home, api::Home as, const BackendSettings& backends) {
    Built built;
    BuildSettings settings;
    settings.backends = backends;
    settings.backends.refuse_local_endpoints = true;
    built.graph =
        build(api::join(*objects(home), std::move(as)), capable(), settings, built.diagnostics);
    return built;
}

/// The clusters "a", which is home, and "b".
Built both(const std::string& a,
           const std::string& b,
           Weights weights = {},
           const BackendSettings& backends = {}) {
    return joined(a,
                  {.name = "a",
                   .weight = weights.home,
                   .members = {{"b", weights.member, objects(b)}}},
                  backends);
}

/// With "c" beside them.
Built three(const std::string& a, const std::string& b, const std::string& c) {
    return joined(a, {.name = "a", .members = {{"b", 1, objects(b)}, {"c", 1, objects(c)}}}, {});
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
    const std::string many = slice(at("10.0.0.1") + ", " + at("10.0.0.2") + ", " + at("10.0.0.3"));
    const std::string two = slice(at("10.9.0.1") + ", " + at("10.9.0.2"));
    const auto weights = [&](Weights given) {
        const Built built = both(to_app + service() + many, service() + two, given);
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

TEST_CASE("an address that two clusters have is the first one's, and that is said") {
    const Built built = both(to_app + service() + slice(at("10.0.0.1")),
                             service() + slice(at("10.0.0.1") + ", " + at("10.9.0.1")));
    CHECK(built.backend("r").endpoints ==
          Endpoints{{"10.0.0.1", 8080, 1, "a"}, {"10.9.0.1", 8080, 1, "b"}});
    CHECK(built.count(diag::Code::BackendNoEndpoints) == 1);
}

TEST_CASE("a cluster that stands by, or one that terminates, takes no address from who serves") {
    const std::string same = service() + slice(at("10.0.0.1"));
    CHECK(both(to_app + same, same, {0, 1}).backend("r").endpoints ==
          Endpoints{{"10.0.0.1", 8080, 1, "b"}});
    CHECK(both(to_app + service() + slice(ending("10.0.0.1")), same).backend("r").endpoints ==
          Endpoints{{"10.0.0.1", 8080, 1, "b"}});
}

TEST_CASE("stand-bys join where every cluster that serves may be gone") {
    const std::string here = to_app + service() + slice(at("10.0.0.1"));
    const auto served = [&](bool is_lost, bool is_other_lost) {
        api::Home home{.name = "a",
                       .weight = 3,
                       .members = {{"b", 0, objects(service() + slice(at("10.9.0.1")))},
                                   {"c", 2, objects(service() + slice(at("10.8.0.1")))}},
                       .is_lost = is_lost};
        home.members[1].is_lost = is_other_lost;
        return joined(here, std::move(home), {}).backend("r").endpoints;
    };
    const Endpoints active{{"10.0.0.1", 8080, 3, "a"}, {"10.8.0.1", 8080, 2, "c"}};
    CHECK(served(false, false) == active);
    CHECK(served(true, false) == active);
    // As many turns as the others have together.
    CHECK(served(true, true) == Endpoints{{"10.0.0.1", 8080, 3, "a"},
                                          {"10.8.0.1", 8080, 2, "c"},
                                          {"10.9.0.1", 8080, 5, "b"}});
}

TEST_CASE("the cluster IP of a member leads nowhere, which a tenant could set to another's") {
    const std::string here =
        to_app + service("{clusterIP: 10.96.0.1, ports: [{port: 80}]}") + slice(at("10.0.0.1"));
    const std::string there = service("{clusterIP: 10.96.0.66, ports: [{port: 80}]}");
    const Built built = both(here, there, {}, {.mode = BackendMode::ClusterIp});
    CHECK(built.backend("r").endpoints == Endpoints{{"10.96.0.1", 80, 1, "a"}});
    CHECK(built.count(diag::Code::BackendNoEndpoints) == 1);
}

TEST_CASE("names in the EndpointSlices of a member lead nowhere") {
    const std::string here = to_app + service() + slice(at("10.0.0.1"));
    std::string there = slice(at("victim.internal.example"));
    there.replace(there.find("IPv4"), 4, "FQDN");
    const Built built = both(here, service() + there);
    CHECK(built.backend("r").endpoints == Endpoints{{"10.0.0.1", 8080, 1, "a"}});
    CHECK(built.count(diag::Code::BackendNoEndpoints) == 1);
    CHECK_FALSE(built.backend("r").fails);
}

TEST_CASE("what a tenant of one member writes does not take a Service from the others") {
    const std::string good = service() + slice(at("10.8.0.1"));
    for (const std::string& bad :
         {service("{type: ExternalName, externalName: evil.example, ports: [{port: 80}]}"),
          service("{type: ExternalName, externalName: evil.example}"),
          service("{ports: [{port: 81}]}"),
          service("{ports: [{port: 80, protocol: UDP}]}"),
          service("{ports: [{port: 80, appProtocol: example.com/odd}]}")}) {
        const Built built = three(to_app, bad, good);
        CHECK(built.backend("r").endpoints == Endpoints{{"10.8.0.1", 8080, 1, "c"}});
        CHECK_FALSE(built.backend("r").fails);
        CHECK_FALSE(built.diagnostics.has_errors());
        CHECK(built.count(diag::Code::BackendNoEndpoints) == 1);
    }
}

TEST_CASE("a policy for a port holds for the port of that name in every cluster") {
    const std::string policy = R"(
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: {name: p, namespace: shop}
spec:
  targetRefs: [{group: "", kind: Service, name: app, sectionName: tls}]
  validation: {hostname: app.example, wellKnownCACertificates: System}
---
)";
    const std::string other =
        service("{ports: [{port: 80, name: other}]}") + slice(at("10.9.0.1"));
    std::string named = slice(at("10.8.0.1"));
    named.replace(named.find("{port: 8080}"), 12, "{port: 8080, name: tls}");
    const Built built = three(
        to_app + policy, other, service("{ports: [{port: 80, name: tls}]}") + named);
    CHECK(built.backend("r").tls != nullptr);
    CHECK(built.backend("r").endpoints == Endpoints{{"10.8.0.1", 8080, 1, "c"}});
    CHECK(built.count(diag::Code::BackendNoEndpoints) == 1);
    CHECK(built.count(diag::Code::PolicyTargetMissing) == 0);
}

TEST_CASE("with members a deadline needs the inner entry point, as it does over retries") {
    const std::string timed = open_gate + route("shop", "r", R"(
  parentRefs: [{name: gate, namespace: infra}]
  rules: [{backendRefs: [{name: app, port: 80}], timeouts: {request: 1s}}]
)") + service() + slice(at("10.0.0.1"));
    Capabilities none = capable();
    none.answers[static_cast<std::size_t>(Ability::RequestTimeoutWithRetry)] = {
        .support = Support::No, .reason = "there is none", .remedy = {}, .approximation = {}};
    const auto refused = [&](std::vector<api::MemberCluster> members) {
        Built built;
        built.graph = build(api::join(*objects(timed), {.members = std::move(members)}),
                            none,
                            {},
                            built.diagnostics);
        return built.diagnostics.has_errors();
    };
    CHECK_FALSE(refused({}));
    CHECK(refused({{"b", 1, objects(service())}}));
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
    built.graph =
        build(api::join(*home, {.name = "a", .weight = 3}), capable(), {}, built.diagnostics);
    CHECK(built.backend("r").endpoints == Endpoints{{"10.0.0.1", 8080}});
    CHECK_FALSE(built.backend("r").in_clusters);
}

}  // namespace
}  // namespace gatefile::graph::test
