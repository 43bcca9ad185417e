// SPDX-License-Identifier: Apache-2.0
//
// As schema_rules_test.cpp, for the routes besides HTTPRoute, ListenerSet and BackendTLSPolicy.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "rule_cases.hpp"

namespace gatefile::api::schema {
namespace {

constexpr std::string_view grpc = "GRPCRoute";
constexpr std::string_view set = "ListenerSet";
constexpr std::string_view policy = "BackendTLSPolicy";

std::string grpc_rule(std::string_view rule) {
    return "{rules: [{" + std::string(rule) + "}]}";
}

std::string grpc_filter(std::string_view filter) {
    return grpc_rule("filters: [{" + std::string(filter) + "}]");
}

std::string session(std::string_view fields) {
    return grpc_rule("sessionPersistence: {" + std::string(fields) + "}");
}

std::string listeners(std::string_view list) {
    return "{parentRef: {name: g}, listeners: [" + std::string(list) + "]}";
}

std::string listener_filter(std::string_view fields) {
    return listeners("{name: a, port: 80, protocol: HTTP, filters: {requests: [{" +
                     std::string(fields) + "}]}}");
}

std::string external_auth(std::string_view fields, std::string_view ref = "name: s, port: 80") {
    return listener_filter("type: ExternalAuth, externalAuth: {backendRef: {" + std::string(ref) +
                           "}, " + std::string(fields) + "}");
}

std::string targets(std::string_view list) {
    return "{targetRefs: [" + std::string(list) +
           "], validation: {hostname: a.b, wellKnownCACertificates: System}}";
}

std::string validation(std::string_view fields) {
    return "{targetRefs: [{group: '', kind: Service, name: s}], validation: {hostname: a.b" +
           std::string(fields) + "}}";
}

std::string san(std::string_view fields) {
    return validation(", wellKnownCACertificates: System, subjectAltNames: [{" +
                      std::string(fields) + "}]");
}

std::string many_grpc_matches() {
    std::string rules;
    for (int rule = 0; rule < 3; ++rule) {
        rules += rule == 0 ? "{matches: [" : ", {matches: [";
        for (int i = 0; i < 50; ++i)
            rules += "{method: {service: a.B}}, ";
        rules += "]}";
    }
    return "{rules: [" + rules + "]}";
}

void add_parents(std::vector<Case>& all) {
    for (const auto& [kind, rest] : std::vector<std::pair<std::string_view, std::string>>{
             {"GRPCRoute", ""},
             {"TLSRoute", ", hostnames: [a.b], rules: [{backendRefs: [{name: s, port: 1}]}]"},
             {"TCPRoute", ", rules: [{backendRefs: [{name: s, port: 1}]}]"},
             {"UDPRoute", ", rules: [{backendRefs: [{name: s, port: 1}]}]"}}) {
        const std::string one_unnamed = "{parentRefs: [{name: a}, {name: a, sectionName: x}]";
        const std::string same =
            "{parentRefs: [{name: a, sectionName: x}, {name: a, sectionName: x}]";
        all.push_back({kind, "sectionName must be specified", one_unnamed + rest + "}"});
        all.push_back({kind, "sectionName must be unique", same + rest + "}"});
        all.push_back({kind, "sectionName or port must be specified", one_unnamed + rest + "}"});
        all.push_back({kind, "sectionName or port must be unique", same + rest + "}"});
    }
    const std::string backend =
        "group: gateway.networking.x-k8s.io, kind: XBackend, name: s, port: 1";
    for (const auto& [kind, start] :
         std::vector<std::pair<std::string_view, std::string>>{{"GRPCRoute", "{"},
                                                               {"TLSRoute", "{hostnames: [a.b], "},
                                                               {"TCPRoute", "{"},
                                                               {"UDPRoute", "{"}}) {
        all.push_back(
            {kind, "Must have port for Service", start + "rules: [{backendRefs: [{name: s}]}]}"});
        all.push_back({kind,
                       "Must not have port for Backend",
                       start + "rules: [{backendRefs: [{" + backend + "}]}]}"});
    }
}

void add_grpc(std::vector<Case>& all) {
    const std::string header = "RequestHeaderModifier, requestHeaderModifier: {remove: [a]}";
    const std::string response = "ResponseHeaderModifier, responseHeaderModifier: {remove: [a]}";
    const std::vector<Case> more = {
        {grpc, "While 16 rules and 64 matches", many_grpc_matches()},
        {grpc, "Rule name must be unique", "{rules: [{name: a}, {name: a}]}"},
        {grpc,
         "RequestHeaderModifier filter cannot be repeated",
         grpc_rule("filters: [{type: " + header + "}, {type: " + header + "}]")},
        {grpc,
         "ResponseHeaderModifier filter cannot be repeated",
         grpc_rule("filters: [{type: " + response + "}, {type: " + response + "}]")},
        {grpc,
         "filter.requestHeaderModifier must be nil",
         grpc_filter("type: ResponseHeaderModifier, responseHeaderModifier: {}, "
                     "requestHeaderModifier: {}")},
        {grpc,
         "filter.requestHeaderModifier must be specified",
         grpc_filter("type: RequestHeaderModifier")},
        {grpc,
         "filter.responseHeaderModifier must be nil",
         grpc_filter(
             "type: RequestHeaderModifier, responseHeaderModifier: {}, requestHeaderModifier: {}")},
        {grpc,
         "filter.responseHeaderModifier must be specified",
         grpc_filter("type: ResponseHeaderModifier")},
        {grpc,
         "filter.requestMirror must be nil",
         grpc_filter("type: RequestHeaderModifier, requestHeaderModifier: {}, requestMirror: "
                     "{backendRef: {name: s, port: 1}}")},
        {grpc, "filter.requestMirror must be specified", grpc_filter("type: RequestMirror")},
        {grpc,
         "filter.extensionRef must be nil",
         grpc_filter("type: RequestHeaderModifier, requestHeaderModifier: {}, extensionRef: "
                     "{group: a.b, kind: K, name: x}")},
        {grpc, "filter.extensionRef must be specified", grpc_filter("type: ExtensionRef")},
        {grpc,
         "Only one of percent or fraction",
         grpc_filter("type: RequestMirror, requestMirror: {backendRef: {name: s, port: 1}, "
                     "percent: 5, fraction: {numerator: 1}}")},
        {grpc,
         "numerator must be less than or equal",
         grpc_filter("type: RequestMirror, requestMirror: {backendRef: {name: s, port: 1}, "
                     "fraction: {numerator: 2, denominator: 1}}")},
        {grpc,
         "One or both of 'service' or 'method'",
         grpc_rule("matches: [{method: {type: Exact}}]")},
        {grpc,
         "service must only contain valid",
         grpc_rule("matches: [{method: {service: 'a b'}}]")},
        {grpc, "method must only contain valid", grpc_rule("matches: [{method: {method: 'a b'}}]")},
        {grpc,
         "AbsoluteTimeout must be specified",
         session("type: Cookie, cookie: {lifetimeType: Permanent}")},
        {grpc, "cookie must be nil", session("type: Header, header: {name: h}, cookie: {}")},
        {grpc, "cookie must be specified", session("type: Cookie")},
        {grpc, "header must be nil", session("type: Cookie, cookie: {}, header: {name: h}")},
        {grpc, "header must be specified", session("type: Header")},
    };
    all.insert(all.end(), more.begin(), more.end());
}

void add_tls(std::vector<Case>& all) {
    const auto hostname = [](std::string_view name) {
        return "{hostnames: ['" + std::string(name) +
               "'], rules: [{backendRefs: [{name: s, port: 1}]}]}";
    };
    all.push_back({"TLSRoute", "Hostnames cannot contain an IP", hostname("10.0.0.1")});
    all.push_back({"TLSRoute", "Hostnames must be valid", hostname("a..b")});
    all.push_back({"TLSRoute", "Wildcards on hostnames", hostname("a.*.b")});
}

void add_listener_sets(std::vector<Case>& all) {
    const std::vector<Case> more = {
        {set,
         "tls must not be specified",
         listeners("{name: a, port: 80, protocol: HTTP, tls: {mode: Passthrough}}")},
        {set,
         "tls mode must be Terminate",
         listeners("{name: a, port: 80, protocol: HTTPS, tls: {mode: Passthrough}}")},
        {set, "tls mode must be set", listeners("{name: a, port: 80, protocol: TLS}")},
        {set,
         "hostname must not be specified",
         listeners("{name: a, port: 80, protocol: TCP, hostname: a.b}")},
        {set,
         "Listener name must be unique",
         listeners("{name: a, port: 80, protocol: TCP}, {name: a, port: 81, protocol: TCP}"),
         Reach::Rule},
        {set,
         "Combination of port, protocol and hostname",
         listeners("{name: a, port: 80, protocol: TCP}, {name: b, port: 80, protocol: TCP}")},
        {set,
         "certificateRefs or options",
         listeners("{name: a, port: 80, protocol: HTTPS, tls: {mode: Terminate}}")},
        {set,
         "filter.externalAuth must be nil",
         listener_filter(
             "type: ExtensionRef, extensionRef: {group: a.b, kind: K, name: x}, externalAuth: "
             "{protocol: HTTP, http: {}, backendRef: {name: s, port: 80}}")},
        {set, "filter.externalAuth must be specified", listener_filter("type: ExternalAuth")},
        {set,
         "filter.extensionRef must be nil",
         listener_filter("type: ExternalAuth, externalAuth: {protocol: HTTP, http: {}, backendRef: "
                         "{name: s, port: 80}}, "
                         "extensionRef: {group: a.b, kind: K, name: x}")},
        {set, "filter.extensionRef must be specified", listener_filter("type: ExtensionRef")},
        {set, "grpc must be specified", external_auth("protocol: GRPC")},
        {set, "protocol must be 'GRPC'", external_auth("protocol: HTTP, http: {}, grpc: {}")},
        {set, "http must be specified", external_auth("protocol: HTTP")},
        {set, "protocol must be 'HTTP'", external_auth("protocol: GRPC, grpc: {}, http: {}")},
        {set, "Must have port for Service", external_auth("protocol: HTTP, http: {}", "name: s")},
        {set,
         "Must not have port for Backend",
         external_auth("protocol: HTTP, http: {}",
                       "group: gateway.networking.x-k8s.io, kind: XBackend, name: s, port: 1")},
    };
    all.insert(all.end(), more.begin(), more.end());
}

void add_policies(std::vector<Case>& all) {
    const std::string service = "{group: '', kind: Service, name: s";
    const std::vector<Case> more = {
        {policy,
         "sectionName must be specified",
         targets(service + "}, " + service + ", sectionName: a}")},
        {policy,
         "sectionName must be unique",
         targets(service + ", sectionName: a}, " + service + ", sectionName: a}")},
        {policy,
         "must not contain both CACertificateRefs",
         validation(", caCertificateRefs: [{group: '', kind: ConfigMap, name: c}], "
                    "wellKnownCACertificates: System")},
        {policy, "must specify either CACertificateRefs", validation("")},
        {policy, "exactly one of the fields in", validation("")},
        {policy, "SubjectAltName element must contain Hostname", san("type: Hostname")},
        {policy,
         "SubjectAltName element must not contain Hostname",
         san("type: URI, uri: 'a://b', hostname: a.b")},
        {policy, "SubjectAltName element must contain URI", san("type: URI")},
        {policy,
         "SubjectAltName element must not contain URI",
         san("type: Hostname, hostname: a.b, uri: 'a://b'")},
    };
    all.insert(all.end(), more.begin(), more.end());
}

const std::vector<Case>& cases() {
    static const std::vector<Case> all = [] {
        std::vector<Case> made;
        add_parents(made);
        add_grpc(made);
        add_tls(made);
        add_listener_sets(made);
        add_policies(made);
        return made;
    }();
    return all;
}

}  // namespace

TEST_CASE("each rule of the other kinds refuses the object that violates it") {
    check_cases(cases());
}

TEST_CASE("each rule of the other kinds compiles and has a violating case") {
    constexpr std::string_view kinds[] = {
        "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute", "ListenerSet", "BackendTLSPolicy"};
    check_rules_have_cases(kinds, cases());
}

TEST_CASE("a rule that cannot be evaluated is reported where it applies") {
    const EmbeddedSchema text{
        "example.com",
        "Thing",
        Channel::Both,
        R"({"group": "example.com", "kind": "Thing", "schemas": [{"versions": ["v1"], "schema": {"type": "object",
            "properties": {"metadata": {"type": "object"}, "spec": {"type": "object", "properties": {"a": {"type": "string",
            "x-kubernetes-validations": [{"rule": "self.reverse() == 'a'", "message": "m"}]}}}}}}]})"};
    const auto all = embedded_schemas();
    const auto meta = std::find_if(all.begin(), all.end(), [](const EmbeddedSchema& each) {
        return each.kind == "ObjectMeta";
    });
    REQUIRE(meta != all.end());
    const auto compiled = compile(text, "v1", *meta);
    const auto document = tree::read_yaml("{spec: {a: b}}");
    REQUIRE(document);
    const diag::ObjectRef ref{"Thing", "ns", "name"};
    diag::Diagnostics found;
    Faults faults(ref, found);
    check_rules(document->root, compiled->root, Link{}, faults);
    REQUIRE(found.items().size() == 1);
    CHECK(found.items()[0].code == diag::Code::RuleNotEvaluated);
    CHECK(found.items()[0].path.text() == "spec.a");
    CHECK(faults.errors() == 0);
}

}  // namespace gatefile::api::schema
