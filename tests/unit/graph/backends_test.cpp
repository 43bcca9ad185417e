// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "built.hpp"

namespace gatefile::graph::test {
namespace {

const std::string to_app = open_gate + route("shop", "r", R"(
  parentRefs: [{name: gate, namespace: infra}]
  rules: [{backendRefs: [{name: app, port: 80}]}]
)");

std::string service(std::string_view spec) {
    return "apiVersion: v1\nkind: Service\nmetadata: {name: app, namespace: shop}\nspec: " +
           std::string(spec) + "\n---\n";
}

std::string slice(std::string_view name, std::string_view rest) {
    return "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: " +
           std::string(name) +
           "\n  namespace: shop\n  labels: {kubernetes.io/service-name: app}\n" +
           std::string(rest) + "\n---\n";
}

using Endpoints = std::vector<Endpoint>;

TEST_CASE("slices are merged; ports are told apart by name") {
    const Built built =
        build_from(to_app + service("{ports: [{name: http, port: 80}, {name: admin, port: 81}]}") +
                   slice("b", R"(
addressType: IPv4
endpoints: [{addresses: [10.0.0.2]}, {addresses: [10.0.0.1]}]
ports: [{name: admin, port: 9000}, {name: http, port: 8080}]
)") + slice("a", R"(
addressType: IPv6
endpoints: [{addresses: ["fd00::1"]}]
ports: [{name: http, port: 8081}]
)"));
    CHECK(built.backend("r").endpoints ==
          Endpoints{{"10.0.0.1", 8080}, {"10.0.0.2", 8080}, {"fd00::1", 8081}});
}

TEST_CASE("endpoints that are ready; else those that serve while they end") {
    const auto endpoints = [](std::string_view list) {
        return build_from(to_app + service("{ports: [{port: 80}]}") +
                          slice("a",
                                "addressType: IPv4\nports: [{port: 8080}]\nendpoints: " +
                                    std::string(list)))
            .backend("r")
            .endpoints;
    };
    const std::string ending =
        "{addresses: [10.0.0.2], conditions: {ready: false, serving: true, terminating: true}}";
    CHECK(endpoints("[{addresses: [10.0.0.1]}, " + ending + "]") == Endpoints{{"10.0.0.1", 8080}});
    CHECK(endpoints("[{addresses: [10.0.0.1], conditions: {ready: false}}, " + ending + "]") ==
          Endpoints{{"10.0.0.2", 8080}});
}

TEST_CASE("a Service without ready endpoints does not fail: it answers 503") {
    const Built built =
        build_from(to_app + service("{ports: [{port: 80}]}") +
                   slice("a", "addressType: IPv4\nports: [{port: 8080}]\nendpoints: []"));
    CHECK_FALSE(built.backend("r").fails);
    CHECK(built.backend("r").endpoints.empty());
    CHECK(built.has(diag::Code::BackendNoEndpoints, "spec.rules[0].backendRefs[0]"));
}

TEST_CASE("without slices a Service is reached by its address or name") {
    CHECK(build_from(to_app + service("{clusterIP: 10.9.8.7, ports: [{port: 80}]}"))
              .backend("r")
              .endpoints == Endpoints{{"10.9.8.7", 80}});
    CHECK(build_from(to_app + service("{ports: [{port: 80, targetPort: 8080}]}"))
              .backend("r")
              .endpoints == Endpoints{{"app.shop.svc.cluster.local", 80}});
    CHECK(build_from(to_app + service("{clusterIP: None, ports: [{port: 80, targetPort: 8080}]}"))
              .backend("r")
              .endpoints == Endpoints{{"app.shop.svc.cluster.local", 8080}});
}

TEST_CASE("the map wins, even over a Service that is not there") {
    BuildSettings settings;
    settings.backends.map["shop/app"] = "https://app.example:8443";
    const Built built = build_from(to_app, capable(), settings);
    CHECK(built.backend("r").endpoints == Endpoints{{"app.example", 8443}});
    CHECK(built.backend("r").protocol == BackendProtocol::Https);
}

TEST_CASE("an ExternalName is followed on request only") {
    const std::string text =
        to_app + service("{type: ExternalName, externalName: app.example, ports: [{port: 80}]}");
    CHECK(build_from(text).backend("r").fails);
    BuildSettings settings;
    settings.backends.external_names = true;
    CHECK(build_from(text, capable(), settings).backend("r").endpoints ==
          Endpoints{{"app.example", 80}});
}

TEST_CASE("local addresses are refused where that is asked for") {
    const std::string text = to_app + service("{clusterIP: 127.0.0.1, ports: [{port: 80}]}");
    BuildSettings settings;
    settings.backends.refuse_local_endpoints = true;
    const Built built = build_from(text, capable(), settings);
    CHECK(built.backend("r").fails);
    CHECK(built.count(diag::Code::BackendAddressRefused) == 1);
}

TEST_CASE("appProtocol decides, and what is not known fails") {
    const auto backend = [](std::string_view protocol) {
        return build_from(to_app + service("{ports: [{port: 80, appProtocol: " +
                                           std::string(protocol) + "}]}"))
            .backend("r");
    };
    CHECK(backend("kubernetes.io/h2c").protocol == BackendProtocol::H2c);
    CHECK(backend("kubernetes.io/wss").protocol == BackendProtocol::Https);
    CHECK(backend("kubernetes.io/ws").protocol == BackendProtocol::Http);
    CHECK_FALSE(backend("http").fails);
    CHECK(backend("example.com/other").fails);
}

TEST_CASE("a port that is there for UDP only is not there") {
    const Built built = build_from(to_app + service("{ports: [{port: 80, protocol: UDP}]}"));
    CHECK(built.backend("r").fails);
    CHECK(built.count(diag::Code::BackendNotFound) == 1);
}

TEST_CASE("a grant is judged before existence, and for each namespace by itself") {
    const std::string rest = R"(
  parentRefs: [{name: gate, namespace: infra}]
  rules: [{backendRefs: [{name: app, namespace: shop, port: 80}]}]
)";
    const Built built =
        build_from(open_gate + route("shop", "own", rest) + route("other", "foreign", rest) +
                   service("{ports: [{port: 80}]}"));
    CHECK_FALSE(built.backend("own").fails);
    CHECK(built.backend("foreign").fails);
    CHECK(built.count(diag::Code::BackendDenied) == 1);
}

}  // namespace
}  // namespace gatefile::graph::test
