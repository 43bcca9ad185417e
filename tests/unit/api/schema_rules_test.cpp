// SPDX-License-Identifier: Apache-2.0
//
// One violating object for each CEL rule of the kinds that are read, in both channels. A rule of
// the data without a case fails the last test.
#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "rule_cases.hpp"

namespace gatefile::api::schema {
namespace {

std::string route(std::string_view rules) {
    return "{rules: [" + std::string(rules) + "]}";
}

std::string filters(std::string_view list) {
    return route("{filters: [" + std::string(list) + "]}");
}

std::string filter(std::string_view fields) {
    return filters("{" + std::string(fields) + "}");
}

std::string backend_filter(std::string_view fields, std::string_view matches = "") {
    return route("{" + std::string(matches) + "backendRefs: [{name: s, port: 80, filters: [{" +
                 std::string(fields) + "}]}]}");
}

std::string path(std::string_view type, std::string_view value) {
    return route("{matches: [{path: {type: " + std::string(type) + ", value: '" +
                 std::string(value) + "'}}]}");
}

std::string session(std::string_view fields) {
    return route("{sessionPersistence: {" + std::string(fields) + "}}");
}

std::string external_auth(std::string_view fields) {
    return "type: ExternalAuth, externalAuth: {backendRef: {name: s, port: 80}, " +
           std::string(fields) + "}";
}

std::string gateway(std::string_view listeners, std::string_view more = "") {
    return "{gatewayClassName: c, listeners: [" + std::string(listeners) + "]" + std::string(more) +
           "}";
}

std::string listener_filter(std::string_view fields) {
    return gateway("{name: a, port: 80, protocol: HTTP, filters: {requests: [{" +
                   std::string(fields) + "}]}}");
}

std::string long_prefix() {
    std::string prefix = "a";
    while (prefix.size() < 260)
        prefix += ".abcdefghi";
    return prefix;
}

std::string many_matches() {
    std::string rules;
    for (int rule = 0; rule < 3; ++rule) {
        rules += rule == 0 ? "{matches: [" : ", {matches: [";
        for (int i = 0; i < 50; ++i)
            rules += "{path: {value: /a}}, ";
        rules += "]}";
    }
    return route(rules);
}

constexpr std::string_view http = "HTTPRoute";
constexpr std::string_view gw = "Gateway";
constexpr std::string_view one = "{name: a, port: 80, protocol: HTTP}";

const std::vector<Case>& cases() {
    static const std::vector<Case> all = {
        {gw,
         "IPAddress values must be unique",
         gateway(one, ", addresses: [{value: 10.0.0.1}, {value: 10.0.0.1}]")},
        {gw,
         "Hostname values must be unique",
         gateway(one, ", addresses: [{type: Hostname, value: a.b}, {type: Hostname, value: a.b}]")},
        {gw,
         "Hostname value must be empty or contain",
         gateway(one, ", addresses: [{type: Hostname, value: 'A b'}]")},
        {gw, "Routability must be empty", gateway(one, ", addresses: [{routability: x.k8s.io/y}]")},
        {gw,
         "Annotation keys must be in the form",
         gateway(one, ", infrastructure: {annotations: {'a b': x}}")},
        {gw,
         "If specified, the annotation key's prefix",
         gateway(one, ", infrastructure: {annotations: {'" + long_prefix() + "/x': x}}")},
        {gw,
         "Label keys must be in the form",
         gateway(one, ", infrastructure: {labels: {'a b': x}}")},
        {gw,
         "If specified, the label key's prefix",
         gateway(one, ", infrastructure: {labels: {'" + long_prefix() + "/x': x}}")},
        {gw,
         "tls must not be specified for protocols",
         gateway("{name: a, port: 80, protocol: HTTP, tls: {mode: Passthrough}}")},
        {gw,
         "tls mode must be Terminate for protocol HTTPS",
         gateway("{name: a, port: 80, protocol: HTTPS, tls: {mode: Passthrough}}")},
        {gw,
         "tls mode must be set for protocol TLS",
         gateway("{name: a, port: 80, protocol: TLS}")},
        {gw,
         "hostname must not be specified for protocols",
         gateway("{name: a, port: 80, protocol: TCP, hostname: a.b}")},
        {gw,
         "Listener name must be unique within the Gateway",
         gateway("{name: a, port: 80, protocol: HTTP}, {name: a, port: 81, protocol: HTTP}")},
        {gw,
         "Combination of port, protocol and hostname",
         gateway("{name: a, port: 80, protocol: HTTP}, {name: b, port: 80, protocol: HTTP}")},
        {gw,
         "filters may only be set when protocol is HTTP or HTTPS",
         gateway("{name: a, port: 80, protocol: TCP, filters: {requests: [{type: ExtensionRef, "
                 "extensionRef: {group: a.b, kind: C, name: d}}]}}")},
        {gw,
         "filter.externalAuth must be nil",
         listener_filter(
             "type: ExtensionRef, extensionRef: {group: a.b, kind: C, name: d}, "
             "externalAuth: {protocol: GRPC, grpc: {}, backendRef: {name: s, port: 1}}")},
        {gw, "filter.externalAuth must be specified", listener_filter("type: ExternalAuth")},
        {gw,
         "filter.extensionRef must be nil",
         listener_filter(external_auth("protocol: HTTP, http: {}") +
                         ", extensionRef: {group: a.b, kind: C, name: d}")},
        {gw, "filter.extensionRef must be specified", listener_filter("type: ExtensionRef")},
        {gw,
         "grpc must be specified when protocol is set",
         listener_filter(external_auth("protocol: GRPC"))},
        {gw,
         "protocol must be 'GRPC' when grpc is set",
         listener_filter(external_auth("protocol: HTTP, http: {}, grpc: {}"))},
        {gw,
         "http must be specified when protocol is set",
         listener_filter(external_auth("protocol: HTTP"))},
        {gw,
         "protocol must be 'HTTP' when http is set",
         listener_filter(external_auth("protocol: GRPC, http: {}, grpc: {}"))},
        {gw,
         "Must have port for Service reference",
         listener_filter("type: ExternalAuth, externalAuth: {protocol: GRPC, grpc: {}, "
                         "backendRef: {name: s}}")},
        {gw,
         "Must not have port for Backend reference",
         listener_filter(
             "type: ExternalAuth, externalAuth: {protocol: GRPC, grpc: {}, backendRef: "
             "{group: gateway.networking.x-k8s.io, kind: XBackend, name: s, port: 1}}")},
        {gw,
         "certificateRefs or options must be specified",
         gateway("{name: a, port: 80, protocol: HTTPS, tls: {mode: Terminate}}")},
        {gw,
         "ClusterTrustBundle references must not specify namespace",
         gateway(one,
                 ", tls: {frontend: {default: {validation: {caCertificateRefs: [{group: "
                 "certificates.k8s.io, kind: ClusterTrustBundle, name: x, namespace: ns}]}}}}")},
        {gw,
         "Port for TLS configuration must be unique",
         gateway(one,
                 ", tls: {frontend: {default: {}, perPort: [{port: 1, tls: {}}, {port: 1, tls: "
                 "{}}]}}")},

        {http,
         "sectionName or port must be specified",
         "{parentRefs: [{name: a}, {name: a, sectionName: x}]}"},
        {http, "sectionName or port must be unique", "{parentRefs: [{name: a}, {name: a}]}"},
        {http,
         "sectionName must be specified when parentRefs",
         "{parentRefs: [{name: a}, {name: a, sectionName: x}]}"},
        {http,
         "sectionName must be unique when parentRefs",
         "{parentRefs: [{name: a}, {name: a}]}"},
        {http, "Rule name must be unique", route("{name: a}, {name: a}")},
        {http, "While 16 rules and 64 matches", many_matches()},
        {http,
         "RequestRedirect filter must not be used together with backendRefs",
         route("{backendRefs: [{name: s, port: 80}], filters: [{type: RequestRedirect, "
               "requestRedirect: {}}]}")},
        {http,
         "When using RequestRedirect filter with path.replacePrefixMatch",
         route("{matches: [{path: {type: Exact, value: /a}}], filters: [{type: RequestRedirect, "
               "requestRedirect: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /b}}}]}")},
        {http,
         "When using URLRewrite filter with path.replacePrefixMatch",
         route("{matches: [{path: {type: Exact, value: /a}}], filters: [{type: URLRewrite, "
               "urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /b}}}]}")},
        {http,
         "Within backendRefs, when using RequestRedirect",
         backend_filter("type: RequestRedirect, requestRedirect: {path: {type: ReplacePrefixMatch, "
                        "replacePrefixMatch: /b}}",
                        "matches: [{path: {type: Exact, value: /a}}], ")},
        {http,
         "Within backendRefs, When using URLRewrite",
         backend_filter("type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, "
                        "replacePrefixMatch: /b}}",
                        "matches: [{path: {type: Exact, value: /a}}], ")},
        {http, "Must have port for Service reference", route("{backendRefs: [{name: s}]}")},
        {http,
         "Must not have port for Backend reference",
         route("{backendRefs: [{group: gateway.networking.x-k8s.io, kind: XBackend, name: s, port: "
               "1}]}")},
        {http,
         "May specify either httpRouteFilterRequestRedirect",
         filters(
             "{type: RequestRedirect, requestRedirect: {}}, {type: URLRewrite, urlRewrite: {}}")},
        {http,
         "CORS filter cannot be repeated",
         filters("{type: CORS, cors: {}}, {type: CORS, cors: {}}")},
        {http,
         "RequestHeaderModifier filter cannot be repeated",
         filters("{type: RequestHeaderModifier, requestHeaderModifier: {}}, {type: "
                 "RequestHeaderModifier, requestHeaderModifier: {}}")},
        {http,
         "ResponseHeaderModifier filter cannot be repeated",
         filters("{type: ResponseHeaderModifier, responseHeaderModifier: {}}, {type: "
                 "ResponseHeaderModifier, responseHeaderModifier: {}}")},
        {http,
         "RequestRedirect filter cannot be repeated",
         filters("{type: RequestRedirect, requestRedirect: {}}, {type: RequestRedirect, "
                 "requestRedirect: {}}")},
        {http,
         "URLRewrite filter cannot be repeated",
         filters("{type: URLRewrite, urlRewrite: {}}, {type: URLRewrite, urlRewrite: {}}")},
        {http, "filter.cors must be nil", filter("type: URLRewrite, urlRewrite: {}, cors: {}")},
        {http, "filter.cors must be specified", filter("type: CORS")},
        {http,
         "filter.requestHeaderModifier must be nil",
         filter("type: CORS, cors: {}, requestHeaderModifier: {}")},
        {http,
         "filter.requestHeaderModifier must be specified",
         filter("type: RequestHeaderModifier")},
        {http,
         "filter.responseHeaderModifier must be nil",
         filter("type: CORS, cors: {}, responseHeaderModifier: {}")},
        {http,
         "filter.responseHeaderModifier must be specified",
         filter("type: ResponseHeaderModifier")},
        {http,
         "filter.requestMirror must be nil",
         filter("type: CORS, cors: {}, requestMirror: {backendRef: {name: s, port: 80}}")},
        {http, "filter.requestMirror must be specified", filter("type: RequestMirror")},
        {http,
         "filter.requestRedirect must be nil",
         filter("type: CORS, cors: {}, requestRedirect: {}")},
        {http, "filter.requestRedirect must be specified", filter("type: RequestRedirect")},
        {http, "filter.urlRewrite must be nil", filter("type: CORS, cors: {}, urlRewrite: {}")},
        {http, "filter.urlRewrite must be specified", filter("type: URLRewrite")},
        {http,
         "filter.extensionRef must be nil",
         filter("type: CORS, cors: {}, extensionRef: {group: a.b, kind: C, name: d}")},
        {http, "filter.extensionRef must be specified", filter("type: ExtensionRef")},
        {http,
         "filter.externalAuth must be nil",
         filter("type: CORS, cors: {}, externalAuth: {protocol: HTTP, http: {}, backendRef: {name: "
                "s, port: 80}}")},
        {http, "filter.externalAuth must be specified", filter("type: ExternalAuth")},
        {http,
         "AllowHeaders cannot contain '*'",
         filter("type: CORS, cors: {allowHeaders: ['*', a]}")},
        {http,
         "AllowMethods cannot contain '*'",
         filter("type: CORS, cors: {allowMethods: ['*', GET]}")},
        {http,
         "AllowOrigins cannot contain '*'",
         filter("type: CORS, cors: {allowOrigins: ['*', 'https://a.b']}")},
        {http,
         "grpc must be specified when protocol is set",
         filter(external_auth("protocol: GRPC"))},
        {http,
         "protocol must be 'GRPC' when grpc is set",
         filter(external_auth("protocol: HTTP, http: {}, grpc: {}"))},
        {http,
         "http must be specified when protocol is set",
         filter(external_auth("protocol: HTTP"))},
        {http,
         "protocol must be 'HTTP' when http is set",
         filter(external_auth("protocol: GRPC, http: {}, grpc: {}"))},
        {http,
         "Only one of percent or fraction may be specified",
         filter("type: RequestMirror, requestMirror: {backendRef: {name: s, port: 80}, percent: 1, "
                "fraction: {numerator: 1}}")},
        {http,
         "numerator must be less than or equal to denominator",
         filter("type: RequestMirror, requestMirror: {backendRef: {name: s, port: 80}, fraction: "
                "{numerator: 3, denominator: 2}}")},
        {http,
         "replaceFullPath must be specified",
         filter("type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath}}")},
        {http,
         "type must be 'ReplaceFullPath'",
         filter("type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, "
                "replacePrefixMatch: /, replaceFullPath: /}}")},
        {http,
         "replacePrefixMatch must be specified",
         filter("type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch}}")},
        {http,
         "type must be 'ReplacePrefixMatch'",
         filter("type: URLRewrite, urlRewrite: {path: {type: ReplaceFullPath, replaceFullPath: /, "
                "replacePrefixMatch: /}}")},
        {http, "value must be an absolute path", path("Exact", "a")},
        {http, "must not contain '//'", path("PathPrefix", "/a//b")},
        {http, "must not contain '/./'", path("Exact", "/a/./b")},
        {http, "must not contain '/../'", path("Exact", "/a/../b")},
        {http, "must not contain '%2f'", path("Exact", "/a%2fb")},
        {http, "must not contain '%2F'", path("Exact", "/a%2Fb")},
        {http, "must not contain '#'", path("Exact", "/a#b")},
        {http, "must not end with '/..'", path("Exact", "/a/..")},
        {http, "must not end with '/.'", path("Exact", "/a/.")},
        {http, "type must be one of", path("Other", "/a"), Reach::Blocked},
        {http, "must only contain valid characters", path("PathPrefix", "/a\"b")},
        {http,
         "AbsoluteTimeout must be specified",
         session("type: Cookie, cookie: {lifetimeType: Permanent}")},
        {http, "cookie must be nil", session("type: Header, header: {name: h}, cookie: {}")},
        {http, "cookie must be specified", session("type: Cookie")},
        {http, "header must be nil", session("type: Cookie, cookie: {}, header: {name: h}")},
        {http, "header must be specified", session("type: Header")},
        {http,
         "backendRequest timeout cannot be longer",
         route("{timeouts: {request: 1s, backendRequest: 1001ms}}")},
    };
    return all;
}

}  // namespace

TEST_CASE("each rule refuses the object that violates it, in each channel that has it") {
    check_cases(cases());
}

TEST_CASE("each rule of the data compiles and has a violating case") {
    constexpr std::string_view kinds[] = {"GatewayClass", "Gateway", "HTTPRoute", "ReferenceGrant"};
    check_rules_have_cases(kinds, cases());
}

TEST_CASE("rules hold for an object that uses everything rightly") {
    const Case good_route{
        http,
        "",
        "{parentRefs: [{name: a, sectionName: x}, {name: a, sectionName: z}], "
        "hostnames: [a.b, '*.c'], rules: [{name: r, matches: [{path: {value: /a}, "
        "headers: [{name: h, value: v}]}], filters: [{type: URLRewrite, "
        "urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /b}}}, "
        "{type: CORS, cors: {allowOrigins: ['*']}}], timeouts: {request: 2s, "
        "backendRequest: 1s}, backendRefs: [{name: s, port: 80}]}]}"};
    const Case good_gateway{
        gw,
        "",
        gateway("{name: a, port: 443, protocol: HTTPS, tls: {certificateRefs: "
                "[{name: c}]}}, {name: b, port: 443, protocol: HTTPS, hostname: "
                "b.c, tls: {certificateRefs: [{name: c}]}}, {name: c, port: 1, "
                "protocol: TCP}",
                ", addresses: [{value: 10.0.0.1}, {type: Hostname, value: a.b}, "
                "{value: '2001:db8::1'}]")};
    for (const Case& each : {good_route, good_gateway}) {
        for (const CompiledSchema* schema : channels(each.kind)) {
            const Judged judged = judge(each, *schema);
            CAPTURE(judged.text);
            CHECK(judged.text == "");
        }
    }
}

}  // namespace gatefile::api::schema
