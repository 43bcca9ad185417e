// SPDX-License-Identifier: Apache-2.0
#include "gatefile/api/schema.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "checked.hpp"

namespace gatefile::api::schema {
namespace {

std::string route(std::string_view spec) {
    return "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: r}, "
           "spec: " +
           std::string(spec) + "}";
}

std::string gateway(std::string_view listeners, std::string_view more = "") {
    return "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: g}, spec: "
           "{gatewayClassName: c, listeners: [" +
           std::string(listeners) + "]" + std::string(more) + "}}";
}

std::string with_metadata(std::string_view kind, std::string_view metadata) {
    return "{apiVersion: v1, kind: " + std::string(kind) + ", metadata: " + std::string(metadata) +
           "}";
}

}  // namespace

TEST_CASE("kinds are known, read or not") {
    CHECK(find("gateway.networking.k8s.io/v1", "HTTPRoute") != nullptr);
    CHECK(find("gateway.networking.k8s.io/v1beta1", "HTTPRoute") ==
          find("gateway.networking.k8s.io/v1", "HTTPRoute"));
    CHECK(find("gateway.networking.k8s.io/v1alpha2", "HTTPRoute") == nullptr);
    CHECK(find("gateway.networking.k8s.io/v1alpha2", "TLSRoute") !=
          find("gateway.networking.k8s.io/v1", "TLSRoute"));
    CHECK(find("v1", "Service") != nullptr);
    CHECK(find("v1", "HTTPRoute") == nullptr);
    CHECK(find("", "") == nullptr);
    const KnownKind* backend = find_kind("gateway.networking.x-k8s.io", "XBackend");
    REQUIRE(backend != nullptr);
    CHECK(!backend->read);
    CHECK(find("gateway.networking.x-k8s.io/v1alpha1", "XBackend") == nullptr);
    CHECK(find("gateway.networking.k8s.io/v1", "GRPCRoute") != nullptr);
    CHECK(find_kind("example.com", "Widget") == nullptr);
    CHECK(!find_kind("", "Namespace")->namespaced);
    CHECK(group_of("a/b") == "a");
    CHECK(group_of("v1") == "");
}

TEST_CASE("defaults are filled in, parents before children") {
    const Checked empty = check(route("{}"));
    REQUIRE_MESSAGE(empty.ok, empty.text());
    // No parentRefs or hostnames come out of nothing; a rule with a match for everything does.
    CHECK(
        empty.json() ==
        R"({"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute","metadata":{"name":"r"},)"
        R"("spec":{"rules":[{"matches":[{"path":{"type":"PathPrefix","value":"/"}}]}]}})");

    const Checked some =
        check(route("{parentRefs: [{name: g}], rules: [{matches: [{headers: [{name: "
                    "h, value: v}]}], backendRefs: [{name: s, port: 80}]}]}"));
    REQUIRE_MESSAGE(some.ok, some.text());
    CHECK(some.at("spec.parentRefs[0].kind") == R"("Gateway")");
    CHECK(some.at("spec.parentRefs[0].group") == R"("gateway.networking.k8s.io")");
    CHECK(some.at("spec.rules[0].matches[0].path") == R"({"type":"PathPrefix","value":"/"})");
    CHECK(some.at("spec.rules[0].matches[0].headers[0].type") == R"("Exact")");
    CHECK(some.at("spec.rules[0].backendRefs[0].weight") == "1");
    CHECK(some.at("spec.rules[0].backendRefs[0].group") == R"("")");
    CHECK(some.at("spec.rules[0].filters") == "absent");

    const Checked listener = check(gateway("{name: a, port: 80, protocol: HTTP}"));
    CHECK(listener.at("spec.listeners[0].allowedRoutes.namespaces.from") == R"("Same")");
}

TEST_CASE("what is written is not defaulted over, and null is as absent") {
    const Checked checked = check(
        route("{parentRefs: [{name: g, kind: Service, group: ''}], hostnames: null, rules: "
              "[{matches: [{path: {type: null, value: /a}}], backendRefs: [{name: s, port: 80, "
              "weight: 0}]}]}"));
    REQUIRE_MESSAGE(checked.ok, checked.text());
    CHECK(checked.at("spec.parentRefs[0].kind") == R"("Service")");
    CHECK(checked.at("spec.hostnames") == "absent");
    CHECK(checked.at("spec.rules[0].matches[0].path.type") == R"("PathPrefix")");
    CHECK(checked.at("spec.rules[0].backendRefs[0].weight") == "0");
}

TEST_CASE("a whole number written as a float is an integer") {
    const Checked checked = check(gateway("{name: a, port: 80.0, protocol: HTTP}"));
    REQUIRE_MESSAGE(checked.ok, checked.text());
    CHECK(checked.at("spec.listeners[0].port") == "80");
    CHECK(!check(gateway("{name: a, port: 80.5, protocol: HTTP}")).ok);
}

TEST_CASE("all faults are reported, in the server's words") {
    const Checked checked = check(
        route("{parentRef: [], hostnames: ['a b'], rules: [{matchs: [], backendRefs: [{port: 0}, "
              "{name: s, port: '80'}], filters: [{type: Nope}]}, {matches: [{method: GTE}]}]}"));
    CHECK(!checked.ok);
    CHECK(checked.has(
        diag::Code::UnknownField, "spec.parentRef", "unknown field \"spec.parentRef\""));
    CHECK(checked.has_hint("spec.parentRef", "did you mean \"parentRefs\"?"));
    CHECK(checked.has(diag::Code::UnknownField,
                      "spec.rules[0].matchs",
                      "unknown field \"spec.rules[0].matchs\""));
    CHECK(checked.has(diag::Code::InvalidValue,
                      "spec.hostnames[0]",
                      "Invalid value: \"a b\": spec.hostnames[0] in body should match '^(\\*\\.)?"
                      "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$'"));
    CHECK(checked.has(
        diag::Code::MissingField, "spec.rules[0].backendRefs[0].name", "Required value"));
    CHECK(
        checked.has(diag::Code::InvalidValue,
                    "spec.rules[0].backendRefs[0].port",
                    "Invalid value: 0: spec.rules[0].backendRefs[0].port in body should be greater "
                    "than or equal to 1"));
    CHECK(
        checked.has(diag::Code::WrongType,
                    "spec.rules[0].backendRefs[1].port",
                    "Invalid value: \"string\": spec.rules[0].backendRefs[1].port in body must be "
                    "of type integer: \"string\""));
    CHECK(checked.has_hint("spec.rules[1].matches[0].method", "did you mean \"GET\"?"));
    CHECK(checked.has(diag::Code::InvalidValue,
                      "spec.rules[1].matches[0].method",
                      "Unsupported value: \"GTE\": supported values: \"GET\", \"HEAD\", \"POST\", "
                      "\"PUT\", \"DELETE\", \"CONNECT\", \"OPTIONS\", \"TRACE\", \"PATCH\""));
    CHECK(checked.count(diag::Code::RuleViolated) ==
          0);  // rules are for objects that are well-formed
}

TEST_CASE("lengths count characters, lists their items") {
    const std::string umlauts = [] {
        std::string text;
        while (text.size() < 2000)
            text += "\u00e4";
        return text;
    }();
    CHECK(check(route("{rules: [{matches: [{headers: [{name: h, value: '" + umlauts + "'}]}]}]}"))
              .ok);
    const std::string letters(4097, 'a');
    const Checked too_long =
        check(route("{rules: [{matches: [{headers: [{name: h, value: " + letters + "}]}]}]}"));
    CHECK(too_long.has(diag::Code::InvalidValue,
                       "spec.rules[0].matches[0].headers[0].value",
                       "Too long: may not be more than 4096 bytes"));
    std::string rules;
    for (int i = 0; i < 17; ++i)
        rules += "{},";
    CHECK(check(route("{rules: [" + rules + "]}"))
              .has(diag::Code::InvalidValue,
                   "spec.rules",
                   "Too many: 17: must have at most 16 items"));
    CHECK(check(gateway(""))
              .has(diag::Code::InvalidValue,
                   "spec.listeners",
                   "Invalid value: 0: spec.listeners in body should have at least 1 "
                   "items"));
}

TEST_CASE("items of keyed lists and sets occur once") {
    const Checked headers = check(
        route("{rules: [{matches: [{headers: [{name: h, value: a}, {name: h, value: b}]}]}]}"));
    CHECK(headers.has(diag::Code::DuplicateItem,
                      "spec.rules[0].matches[0].headers[1]",
                      "Duplicate value: {\"name\":\"h\"}"));
    std::string many = "a0";
    for (int i = 1; i < 16; ++i)
        many += ", a" + std::to_string(i);
    const std::string begin =
        "{rules: [{filters: [{type: RequestHeaderModifier, requestHeaderModifier: {remove: [";
    CHECK(check(route(begin + many + "]}}]}]}")).ok);
    CHECK(check(route(begin + "a0, b, a0]}}]}]}"))
              .has(diag::Code::DuplicateItem,
                   "spec.rules[0].filters[0].requestHeaderModifier.remove[2]",
                   "Duplicate value: \"a0\""));
}

TEST_CASE("addresses have the form of their type") {
    const std::string listener = "{name: a, port: 80, protocol: HTTP}";
    CHECK(check(gateway(listener, ", addresses: [{value: 10.0.0.1}, {value: '2001:db8::1'}, {}]"))
              .ok);
    const Checked bad = check(gateway(listener, ", addresses: [{value: 10.0.0}]"));
    CHECK(bad.has(
        diag::Code::InvalidValue,
        "spec.addresses[0]",
        "Invalid value: \"spec.addresses[0]\" must validate one and only one schema (oneOf). "
        "Found none valid"));
    CHECK(
        bad.has(diag::Code::InvalidValue,
                "spec.addresses[0].value",
                "Invalid value: \"10.0.0\": spec.addresses[0].value in body must be of type ipv4: "
                "\"10.0.0\""));
}

TEST_CASE("an object that either channel takes is good") {
    // The standard channel refuses two parentRefs that differ in port only.
    CHECK(check(route("{parentRefs: [{name: g, port: 80}, {name: g, port: 81}]}")).ok);
    // The experimental channel refuses header values outside ASCII.
    const std::string umlaut = "matches: [{headers: [{name: h, value: \u00e4}]}]";
    CHECK(check(route("{rules: [{" + umlaut + "}]}")).ok);
    // An experimental field together with such a value: neither channel takes it.
    const Checked both =
        check(route("{rules: [{" + umlaut + ", sessionPersistence: {cookie: {}}}]}"));
    CHECK(!both.ok);
    CHECK(both.count(diag::Code::UnknownField) == 0);
    CHECK(both.count(diag::Code::InvalidValue) == 1);
    CHECK(check(route("{rules: [{sessionPersistence: {cookie: {}}}]}")).ok);
}

TEST_CASE("rules see the defaulted object") {
    const Checked checked = check(route("{rules: [{backendRefs: [{name: s}]}]}"));
    CHECK(checked.has(diag::Code::RuleViolated,
                      "spec.rules[0].backendRefs[0]",
                      "Invalid value: Must have port for Service reference"));
}

TEST_CASE(
    "only a type, a length, an enumeration or a missing field keeps rules from being evaluated") {
    const std::string rule = "backendRefs: [{name: s}]";
    const auto violated = [&](std::string_view more) {
        return check(route("{rules: [{" + rule + ", matches: [{" + std::string(more) + "}]}]}"))
            .count(diag::Code::RuleViolated);
    };
    CHECK(violated("headers: [{name: 'a b', value: v}]") == 1);
    CHECK(violated("headers: [{name: h, value: v}, {name: h, value: v}]") == 1);
    CHECK(violated("hedders: []") == 1);
    CHECK(violated("headers: [{name: h, value: 1}]") == 0);
    CHECK(violated("headers: [{name: h}]") == 0);
    CHECK(violated("method: NOPE") == 0);
    CHECK(violated("path: {value: /" + std::string(1024, 'a') + "}") == 0);
}

TEST_CASE("a scalar that a rule refuses is shown, an object is not") {
    const Checked checked = check(
        gateway("{name: a, port: 80, protocol: HTTP}", ", addresses: [{routability: k8s.io/x}]"));
    REQUIRE(checked.count(diag::Code::RuleViolated) == 1);
    CHECK(checked.items()[0].detail.starts_with("Invalid value: \"k8s.io/x\": Routability"));
}

TEST_CASE("what kubectl get prints is taken") {
    const Checked checked = check(R"(
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: r
  namespace: default
  uid: 6ee0d3c4-7b1a-4ad5-8dd3-1b9d5a3a7e10
  resourceVersion: "12"
  generation: 3
  creationTimestamp: "2026-01-02T03:04:05Z"
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{}'
  managedFields:
  - apiVersion: gateway.networking.k8s.io/v1
    fieldsType: FieldsV1
    fieldsV1: {"f:spec": {"f:parentRefs": {}}}
    manager: kubectl
    operation: Update
    time: "2026-01-02T03:04:05Z"
spec: {}
status:
  parents:
  - controllerName: example.com/x
    parentRef: {name: g}
    conditions:
    - {type: Accepted, status: "True", reason: Accepted, message: "", observedGeneration: 1,
       lastTransitionTime: "2026-01-02T03:04:05Z"}
)");
    CHECK_MESSAGE(checked.ok, checked.text());
}

TEST_CASE("the status of a custom resource is not judged, but must have known fields") {
    const std::string base =
        "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: g}, spec: "
        "{gatewayClassName: c, listeners: [{name: a, port: 80, protocol: HTTP}]}, status: ";
    CHECK(check(base + "{addresses: [{type: 5}]}}").ok);
    CHECK(check(base + "{adresses: []}}").count(diag::Code::UnknownField) == 1);
}

TEST_CASE("metadata has the server's syntax") {
    CHECK(check(with_metadata("ConfigMap", "{name: a.b}")).ok);
    CHECK(check(with_metadata("Service", "{name: a.b}"))
              .has(diag::Code::InvalidValue,
                   "metadata.name",
                   "Invalid value: \"a.b\": must not contain dots"));
    CHECK(check(with_metadata("Namespace", "{name: a.b}"))
              .has(diag::Code::InvalidValue,
                   "metadata.name",
                   "Invalid value: \"a.b\": must not contain dots"));
    CHECK(check(with_metadata("ConfigMap", "{}"))
              .has(diag::Code::MissingField,
                   "metadata.name",
                   "Required value: name or generateName is required"));
    CHECK(check("{apiVersion: v1, kind: ConfigMap}").count(diag::Code::MissingField) == 1);
    CHECK(check(with_metadata("ConfigMap", "{name: a, namespace: A}"))
              .count(diag::Code::InvalidValue) == 1);
    CHECK(check(with_metadata("Namespace", "{name: a, namespace: A}")).ok);  // the server clears it
    CHECK(!check(with_metadata("ConfigMap", "{name: a, labels: {'a/b/c': x}}")).ok);
    CHECK(!check(with_metadata("ConfigMap", "{name: a, labels: {a: 'x '}}")).ok);
    CHECK(check(with_metadata("ConfigMap", "{name: a, labels: {a.b/c: '', d: }}")).ok);
    CHECK(check(with_metadata("ConfigMap", "{name: a, annotations: {A.B/c: ' x '}}")).ok);
    CHECK(check(with_metadata("ConfigMap", "{name: a, creationTimestamp: null}")).ok);
    CHECK(!check(with_metadata("ConfigMap", "{name: a, creationTimestamp: today}")).ok);
    const std::string large(256 * 1024, 'x');
    CHECK(check(with_metadata("ConfigMap", "{name: a, annotations: {b: " + large + "}}"))
              .has(diag::Code::InvalidValue,
                   "metadata.annotations",
                   "Too long: may not be more than 262144 bytes"));
}

TEST_CASE("a hostile object costs a bounded number of messages") {
    std::string fields;
    for (int i = 0; i < 20'000; ++i)
        fields += "f" + std::to_string(i) + ": {}, ";
    const Checked checked = check(route("{" + fields + "}"));
    CHECK(!checked.ok);
    CHECK(checked.items().size() == 500);
    CHECK(checked.items().back().detail == "more than 499 faults; the rest is not listed");
}

TEST_CASE("foreign text in messages is escaped and cut") {
    const Checked checked =
        check(route("{hostnames: [\"a\\nb\\u0007" + std::string(5000, 'x') + "\"]}"));
    CHECK(!checked.ok);
    for (const diag::Diagnostic& item : checked.items()) {
        CHECK(item.detail.find('\n') == std::string::npos);
        CHECK(item.detail.find('\a') == std::string::npos);
        CHECK(item.detail.size() < 400);
    }
}

}  // namespace gatefile::api::schema
