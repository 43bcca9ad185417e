// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "built.hpp"

namespace gatefile::graph::test {
namespace {

const Listener& listener(const Built& built, std::size_t index) {
    return built.gateway("gate").listeners.at(index);
}

TEST_CASE("different protocols on one port: none wins") {
    const Built built = build_from(gate(R"(
  - {name: a, port: 80, protocol: HTTP, hostname: a.example}
  - {name: b, port: 80, protocol: HTTPS, hostname: b.example, tls: {options: {gatefile.dev/cert-resolver: r}}}
  - {name: c, port: 443, protocol: HTTP}
)"));
    CHECK(listener(built, 0).conflicted);
    CHECK(listener(built, 1).conflicted);
    CHECK_FALSE(listener(built, 0).serves);
    CHECK_FALSE(listener(built, 1).serves);
    CHECK(listener(built, 2).serves);
    CHECK(built.count(diag::Code::ListenerProtocolConflict) == 2);
}

TEST_CASE("a protocol that is not supported takes no part in conflicts") {
    const Built built = build_from(gate(R"(
  - {name: a, port: 80, protocol: HTTP}
  - {name: b, port: 80, protocol: example.com/odd}
)"));
    CHECK(listener(built, 0).serves);
    CHECK_FALSE(listener(built, 1).conflicted);
    CHECK(listener(built, 1).supported_kinds.empty());
    CHECK(built.has(diag::Code::ListenerProtocol, "spec.listeners[1].protocol"));
}

TEST_CASE("a port without entry point and an entry point that redirects") {
    Capabilities capabilities = capable();
    capabilities.slots[0].ports[0].redirects_to = "websecure";
    const Built built = build_from(gate(R"(
  - {name: a, port: 80, protocol: HTTP}
  - {name: b, port: 81, protocol: HTTP}
)"),
                                   capabilities);
    CHECK(built.has(diag::Code::EntryPointRedirects, "spec.listeners[0].port"));
    CHECK(built.has(diag::Code::ListenerPort, "spec.listeners[1].port"));
    CHECK_FALSE(listener(built, 0).accepted);
    CHECK_FALSE(listener(built, 1).accepted);
}

TEST_CASE("a redirecting entry point still serves HTTPS") {
    Capabilities capabilities = capable();
    capabilities.slots[0].ports[1].redirects_to = "elsewhere";
    const Built built = build_from(gate(R"(
  - {name: a, port: 443, protocol: HTTPS, tls: {options: {gatefile.dev/cert-resolver: r}}}
)"),
                                   capabilities);
    CHECK(listener(built, 0).serves);
}

TEST_CASE("client certificates that are asked for are never left out") {
    const std::string text = gate(R"(
  - {name: a, port: 80, protocol: HTTP}
  - {name: b, port: 443, protocol: HTTPS, tls: {options: {gatefile.dev/cert-resolver: r}}}
  tls:
    frontend:
      default: {validation: {caCertificateRefs: [{group: "", kind: ConfigMap, name: ca}]}}
)");
    const Built built = build_from(text);
    CHECK(listener(built, 0).serves);
    CHECK_FALSE(listener(built, 1).serves);
    CHECK(built.has(diag::Code::ListenerNoAuthority, "spec.tls.frontend"));
}

TEST_CASE("an entry for the port replaces the default of client certificates") {
    const Built built = build_from(gate(R"(
  - {name: b, port: 443, protocol: HTTPS, tls: {options: {gatefile.dev/cert-resolver: r}}}
  tls:
    frontend:
      default: {validation: {caCertificateRefs: [{group: "", kind: ConfigMap, name: ca}]}}
      perPort: [{port: 443, tls: {}}]
)"));
    CHECK(listener(built, 0).serves);
}

TEST_CASE("a grant is judged before existence") {
    const Built built = build_from(gate(R"(
  - name: a
    port: 443
    protocol: HTTPS
    tls: {certificateRefs: [{name: none, namespace: elsewhere}, {name: none}]}
)"));
    CHECK(built.has(diag::Code::CertificateRefDenied, "spec.listeners[0].tls.certificateRefs[0]"));
    CHECK(built.has(diag::Code::CertificateRef, "spec.listeners[0].tls.certificateRefs[1]"));
    CHECK(listener(built, 0).accepted);
    CHECK_FALSE(listener(built, 0).resolved_refs);
    CHECK_FALSE(listener(built, 0).serves);
}

TEST_CASE("HTTPS listeners with overlapping hostnames know of each other") {
    const Built built = build_from(gate(R"(
  - {name: a, port: 443, protocol: HTTPS, hostname: "*.x.example", tls: {options: {gatefile.dev/cert-resolver: r}}}
  - {name: b, port: 443, protocol: HTTPS, hostname: a.x.example, tls: {options: {gatefile.dev/cert-resolver: r}}}
  - {name: c, port: 443, protocol: HTTPS, hostname: y.example, tls: {options: {gatefile.dev/cert-resolver: r}}}
)"));
    CHECK(listener(built, 0).tls_overlaps == std::vector<std::size_t>{1});
    CHECK(listener(built, 1).tls_overlaps == std::vector<std::size_t>{0});
    CHECK(listener(built, 2).tls_overlaps.empty());
}

TEST_CASE("hostnames overlap over any number of labels, and with none") {
    const Built built = build_from(gate(R"(
  - {name: a, port: 443, protocol: HTTPS, hostname: a.b.x, tls: {options: {gatefile.dev/cert-resolver: r}}}
  - {name: b, port: 443, protocol: HTTPS, hostname: "*.x", tls: {options: {gatefile.dev/cert-resolver: r}}}
  - {name: c, port: 443, protocol: HTTPS, tls: {options: {gatefile.dev/cert-resolver: r}}}
  - {name: d, port: 443, protocol: HTTPS, hostname: "*.b.x", tls: {options: {gatefile.dev/cert-resolver: r}}}
  - {name: e, port: 443, protocol: HTTPS, hostname: x, tls: {options: {gatefile.dev/cert-resolver: r}}}
)"));
    using Indices = std::vector<std::size_t>;
    CHECK(listener(built, 0).tls_overlaps == Indices{1, 2, 3});
    CHECK(listener(built, 1).tls_overlaps == Indices{0, 2, 3});
    CHECK(listener(built, 2).tls_overlaps == Indices{0, 1, 3, 4});
    CHECK(listener(built, 3).tls_overlaps == Indices{0, 1, 2});
    CHECK(listener(built, 4).tls_overlaps == Indices{2});
}

TEST_CASE("Gateways of other controllers and classes are not ours") {
    BuildSettings settings;
    settings.selection.gateway_classes = {"theirs"};
    CHECK(build_from(open_gate, capable(), settings).graph.gateways.empty());
    settings = {};
    settings.selection.controller_name = "example.com/other";
    const Built built = build_from(open_gate, capable(), settings);
    CHECK(built.graph.gateways.empty());
    CHECK(built.count(diag::Code::GatewayClassMissing) == 0);
}

TEST_CASE("a GatewayClass with parameters is refused, and its Gateways with it") {
    const Built built = build_from(R"(
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: ours}
spec:
  controllerName: gatefile.dev/gateway-controller
  parametersRef: {group: x.example, kind: Thing, name: x}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gate, namespace: infra}
spec: {gatewayClassName: ours, listeners: [{name: a, port: 80, protocol: HTTP}]}
)");
    CHECK_FALSE(built.graph.classes.at(0).accepted);
    CHECK_FALSE(built.gateway("gate").accepted);
    CHECK_FALSE(listener(built, 0).serves);
}

}  // namespace
}  // namespace gatefile::graph::test
