// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "checked.hpp"

namespace gatefile::api::schema {
namespace {

std::string service(std::string_view spec) {
    return "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: " + std::string(spec) + "}";
}

std::string slice(std::string_view fields) {
    return "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: s}, " +
           std::string(fields) + "}";
}

std::string endpoint(std::string_view type, std::string_view address) {
    return slice("addressType: " + std::string(type) + ", endpoints: [{addresses: ['" +
                 std::string(address) + "']}]");
}

std::string secret(std::string_view fields) {
    return "{apiVersion: v1, kind: Secret, metadata: {name: s}, " + std::string(fields) + "}";
}

std::string config_map(std::string_view fields) {
    return "{apiVersion: v1, kind: ConfigMap, metadata: {name: s}, " + std::string(fields) + "}";
}

}  // namespace

TEST_CASE("a Service is defaulted") {
    const Checked checked = check(service("{ports: [{port: 80}], selector: {app: x}}"));
    REQUIRE_MESSAGE(checked.ok, checked.text());
    CHECK(checked.at("spec.type") == R"("ClusterIP")");
    CHECK(checked.at("spec.sessionAffinity") == R"("None")");
    CHECK(checked.at("spec.ports[0].protocol") == R"("TCP")");
    CHECK(check(service("{clusterIP: None}")).ok);
    CHECK(check(service("{type: ExternalName, externalName: a.example.}")).ok);
    CHECK(check(service("{ports: [{port: 80, targetPort: http, appProtocol: kubernetes.io/h2c}]}"))
              .ok);
}

TEST_CASE("an empty string of a Go type gets its default") {
    const Checked empty =
        check(service("{ports: [{port: 80, protocol: ''}], sessionAffinity: '', type: ''}"));
    CHECK(empty.ok);
    CHECK(empty.at("spec.type") == R"("ClusterIP")");
    CHECK(empty.at("spec.sessionAffinity") == R"("None")");
    CHECK(empty.at("spec.ports[0].protocol") == R"("TCP")");
}

TEST_CASE("a node port of health checks is for local load balancers") {
    const std::string rest = "ports: [{port: 80}], healthCheckNodePort: 32000, type: LoadBalancer";
    CHECK(check(service("{" + rest + ", externalTrafficPolicy: Local}")).ok);
    CHECK(!check(service("{" + rest + "}")).ok);
    CHECK(!check(service("{ports: [{port: 80}], healthCheckNodePort: 70000, type: LoadBalancer, "
                         "externalTrafficPolicy: Local}"))
               .ok);
}

TEST_CASE("IP families occur once") {
    CHECK(check(service("{ports: [{port: 80}], ipFamilies: [IPv4, IPv6]}")).ok);
    CHECK(check(service("{ports: [{port: 80}], ipFamilies: [IPv4, IPv4]}"))
              .has(diag::Code::DuplicateItem, "spec.ipFamilies[1]", "Duplicate value: \"IPv4\""));
}

TEST_CASE("ports of a Service") {
    CHECK(check(service("{}")).has(diag::Code::MissingField, "spec.ports", "Required value"));
    CHECK(check("{apiVersion: v1, kind: Service, metadata: {name: s}}")
              .has(diag::Code::MissingField, "spec.ports", "Required value"));
    CHECK(check(service("{ports: [{port: 70000}]}"))
              .has(diag::Code::InvalidValue,
                   "spec.ports[0].port",
                   "Invalid value: 70000: must be between 1 and 65535, inclusive"));
    CHECK(check(service("{ports: [{name: a}]}"))
              .has(diag::Code::MissingField, "spec.ports[0].port", "Required value"));
    const Checked unnamed = check(service("{ports: [{port: 80}, {port: 81, name: b}]}"));
    CHECK(unnamed.has(diag::Code::MissingField, "spec.ports[0].name", "Required value"));
    CHECK(unnamed.items().size() == 1);
    const Checked twice = check(service("{ports: [{port: 80, name: a}, {port: 80, name: a}]}"));
    CHECK(twice.has(diag::Code::DuplicateItem, "spec.ports[1].name", "Duplicate value: \"a\""));
    CHECK(twice.has(diag::Code::DuplicateItem,
                    "spec.ports[1]",
                    "Duplicate value: {\"protocol\":\"TCP\",\"port\":80}"));
    CHECK(check(service("{ports: [{port: 80, name: a}, {port: 80, name: b, protocol: UDP}]}")).ok);
    CHECK(check(service("{ports: [{port: 80, targetPort: 0}]}")).ok);
    CHECK(check(service("{ports: [{port: 80, targetPort: 70000}]}"))
              .has(diag::Code::InvalidValue,
                   "spec.ports[0].targetPort",
                   "Invalid value: 70000: must be between 1 and 65535, inclusive"));
    CHECK(!check(service("{ports: [{port: 80, targetPort: '80'}]}")).ok);  // no letter in it
    CHECK(!check(service("{ports: [{port: 80, targetPort: true}]}")).ok);
    CHECK(!check(service("{ports: [{port: 80, protocol: http}]}")).ok);
    CHECK(!check(service("{ports: [{port: 80, appProtocol: 'a b'}]}")).ok);
    CHECK(!check(service("{ports: [{port: 80, nodePort: 30000}]}")).ok);
    CHECK(check(service("{type: NodePort, ports: [{port: 80, nodePort: 30000}]}")).ok);
}

TEST_CASE("names, addresses and selectors of a Service") {
    CHECK(check(service("{type: ExternalName}"))
              .has(diag::Code::MissingField, "spec.externalName", "Required value"));
    CHECK(!check(service("{type: ExternalName, externalName: 'a b'}")).ok);
    CHECK(check(service("{clusterIP: 10.0.0, ports: [{port: 80}]}"))
              .has(diag::Code::InvalidValue,
                   "spec.clusterIP",
                   "Invalid value: \"10.0.0\": must be empty, 'None', or a valid IP address"));
    CHECK(!check(service("{selector: {app: 'a b'}, ports: [{port: 80}]}")).ok);
    CHECK(check(service("{port: [{port: 80}]}")).has_hint("spec.port", "did you mean \"ports\"?"));
}

TEST_CASE("an EndpointSlice's addresses are of its type and lead somewhere") {
    CHECK(check(endpoint("IPv4", "10.0.0.1")).ok);
    CHECK(check(endpoint("IPv6", "2001:db8::1")).ok);
    CHECK(check(endpoint("FQDN", "a.example")).ok);
    CHECK(!check(endpoint("FQDN", "a_b")).ok);
    CHECK(check(endpoint("IPv4", "2001:db8::1"))
              .has(diag::Code::InvalidValue,
                   "endpoints[0].addresses[0]",
                   "Invalid value: \"2001:db8::1\": must be a valid IPv4 address"));
    CHECK(!check(endpoint("IPv6", "10.0.0.1")).ok);
    CHECK(!check(endpoint("IPv4", "10.0.0.01")).ok);
    for (const std::string_view address : {"127.0.0.1", "0.0.0.0", "169.254.1.1", "224.0.0.1"}) {
        CHECK_MESSAGE(!check(endpoint("IPv4", address)).ok, address);
    }
    for (const std::string_view address : {"::1", "::", "fe80::1", "ff02::1"}) {
        CHECK_MESSAGE(!check(endpoint("IPv6", address)).ok, address);
    }
    CHECK(!check(endpoint("IP", "10.0.0.1")).ok);
    CHECK(check(slice("endpoints: []"))
              .has(diag::Code::MissingField, "addressType", "Required value"));
    CHECK(check(slice("addressType: IPv4, endpoints: [{}]")).count(diag::Code::MissingField) == 1);
}

TEST_CASE("ports of an EndpointSlice") {
    const Checked checked = check(slice("addressType: IPv4, ports: [{port: 80}]"));
    REQUIRE_MESSAGE(checked.ok, checked.text());
    CHECK(checked.at("ports[0].name") == R"("")");
    CHECK(checked.at("ports[0].protocol") == R"("TCP")");
    CHECK(check(slice("addressType: IPv4, ports: [{port: 80}, {port: 81}]"))
              .has(diag::Code::DuplicateItem, "ports[1]", "Duplicate value: {\"name\":\"\"}"));
    CHECK(!check(slice("addressType: IPv4, ports: [{name: A}]")).ok);
}

TEST_CASE("a Secret's values never reach a message") {
    const std::string value = "c2VjcmV0IHRoYXQgbm9ib2R5IG1heSBzZWU";  // padding is missing
    const Checked bad =
        check(secret("type: kubernetes.io/tls, data: {tls.crt: " + value + ", tls.key: [" + value +
                     "], 'a b': " + value + "}, stringData: {x: {y: " + value + "}}"));
    CHECK(!bad.ok);
    CHECK(bad.items().size() >= 3);
    CHECK(bad.text().find(value.substr(0, 8)) == std::string::npos);
    CHECK(bad.has(
        diag::Code::InvalidValue, "data[\"tls.crt\"]", "Invalid value: illegal base64 data"));
}

TEST_CASE("a Secret has the keys of its type") {
    CHECK(check(secret("data: {a: YQ==}")).at("type") == R"("Opaque")");
    CHECK(check(secret("type: kubernetes.io/tls, stringData: {tls.crt: a}, data: {tls.key: }")).ok);
    const Checked missing = check(secret("type: kubernetes.io/tls, data: {tls.crt: YQ==}"));
    CHECK(missing.has(diag::Code::MissingField, "data[\"tls.key\"]", "Required value"));
    CHECK(!check(secret("data: {'..': YQ==}")).ok);
    CHECK(!check(secret("stringData: {a: " + std::string(1024 * 1024 + 1, 'x') + "}")).ok);
}

TEST_CASE("a ConfigMap's keys and values") {
    const Checked empty = check(config_map("data: {a: , b: x}"));
    REQUIRE_MESSAGE(empty.ok, empty.text());
    CHECK(empty.at("data") == R"({"a":"","b":"x"})");
    CHECK(check(config_map("data: {a: 5}")).has_hint("data.a", "put the value in quotes"));
    CHECK(!check(config_map("data: {a/b: x}")).ok);
    CHECK(!check(config_map("data: {a: x}, binaryData: {a: eA==}")).ok);
    CHECK(check(config_map("immutable: true")).ok);
}

}  // namespace gatefile::api::schema
