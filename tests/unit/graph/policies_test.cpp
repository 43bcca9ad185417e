// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "built.hpp"

namespace gatefile::graph::test {
namespace {

const std::string authority = R"(
---
apiVersion: v1
kind: ConfigMap
metadata: {name: ca, namespace: shop}
data:
  ca.crt: |
    -----BEGIN CERTIFICATE-----
    MIIBmzCCAUGgAwIBAgIUHtq6grF0hWhLjnGrldF6bWJMqhswCgYIKoZIzj0EAwIw
    IjEgMB4GA1UEAwwXZ2F0ZWZpbGUgZTJlIGJhY2tlbmQgQ0EwIBcNMjYxMTIzMTgw
    MTE5WhgPMjEyNjEwMzAxODAxMTlaMCIxIDAeBgNVBAMMF2dhdGVmaWxlIGUyZSBi
    YWNrZW5kIENBMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEwJjS4jgn65HnIaPm
    4VApWN2szTldb0/HGEsaO4xBrWWHreyBBapaUZ2XNmlwPFuqTl96W9bghOvDly0w
    tuK+waNTMFEwHQYDVR0OBBYEFP5q/a1fDOhvx6uiaittdQqNV4tSMB8GA1UdIwQY
    MBaAFP5q/a1fDOhvx6uiaittdQqNV4tSMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZI
    zj0EAwIDSAAwRQIgFDhFmkSypnngPYm9SpJF6zaiU+RQO339mUmuZPQgBs0CIQCQ
    10Et8Qbv6BbJuwPf2y/zkaasiRvP+snak3XsMkDvqA==
    -----END CERTIFICATE-----
)";

const std::string service = R"(
---
apiVersion: v1
kind: Service
metadata: {name: app, namespace: shop}
spec: {ports: [{name: one, port: 80}, {name: two, port: 81}]}
)";

std::string to(std::string_view name, int port) {
    return route("shop",
                 name,
                 R"(
  parentRefs: [{name: gate, namespace: infra}]
  rules: [{backendRefs: [{name: app, port: )" +
                     std::to_string(port) + "}]}]\n");
}

std::string policy(std::string_view name,
                   std::string_view target,
                   std::string_view hostname,
                   std::string_view created = {}) {
    std::string meta = "{namespace: shop, name: " + std::string(name);
    if (!created.empty()) meta += ", creationTimestamp: \"" + std::string(created) + '"';
    return "\n---\napiVersion: gateway.networking.k8s.io/v1\nkind: BackendTLSPolicy\nmetadata: " +
           meta + "}\nspec:\n  targetRefs: [{group: '', kind: Service, name: app" +
           std::string(target) + "}]\n  validation:\n    hostname: " + std::string(hostname) +
           "\n    caCertificateRefs: [{group: '', kind: ConfigMap, name: ca}]\n";
}

TEST_CASE("a policy for the port goes before the one for the Service") {
    const Built built = build_from(open_gate + to("a", 80) + to("b", 81) + service + authority +
                                   policy("all", "", "all.example", "2020-01-01T00:00:00Z") +
                                   policy("port", ", sectionName: one", "port.example"));
    REQUIRE(built.backend("a").tls);
    CHECK(built.backend("a").tls->server_name == "port.example");
    CHECK(built.backend("a").protocol == BackendProtocol::Https);
    REQUIRE(built.backend("b").tls);
    CHECK(built.backend("b").tls->server_name == "all.example");
    CHECK(built.count(diag::Code::PolicyConflict) == 0);
    REQUIRE(built.graph.policies.size() == 2);
    CHECK(built.graph.policies[0].gateways == std::vector<std::size_t>{0});
}

TEST_CASE("the older one holds, valid or not, and is one object for all that it is for") {
    const std::string two = open_gate + to("a", 80) + to("b", 81) + service +
                            policy("new", "", "new.example", "2020-01-02T00:00:00Z") +
                            policy("old", "", "old.example", "2020-01-01T00:00:00Z");
    const Built built = build_from(two + authority);
    CHECK(built.backend("a").tls->server_name == "old.example");
    CHECK(built.backend("a").tls == built.backend("b").tls);
    CHECK(built.count(diag::Code::PolicyConflict) == 1);

    const Built broken = build_from(two);
    CHECK(broken.backend("a").fails);
    CHECK_FALSE(broken.backend("a").tls);
    CHECK(broken.backend("a").protocol == BackendProtocol::Https);
    CHECK(broken.count(diag::Code::PolicyNoAuthority) == 2);
}

TEST_CASE("policies of Services that nobody leads to are not judged") {
    const Built built =
        build_from(open_gate + to("a", 80) + service + policy("q", "2", "q.example"));
    CHECK(built.graph.policies.empty());
    CHECK(built.count(diag::Code::PolicyNoAuthority) == 0);
    CHECK(built.count(diag::Code::PolicyDetached) == 1);
}

TEST_CASE("a mapped backend is held to its policy") {
    BuildSettings settings;
    settings.backends.map["shop/app"] = "http://192.0.2.1:8080";
    const Built built =
        build_from(open_gate + to("a", 80) + service + authority + policy("p", "", "p.example"),
                   capable(),
                   settings);
    CHECK(built.backend("a").protocol == BackendProtocol::Https);
    CHECK(built.backend("a").tls->server_name == "p.example");
}

}  // namespace
}  // namespace gatefile::graph::test
