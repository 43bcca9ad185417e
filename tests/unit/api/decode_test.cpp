// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <functional>
#include <span>
#include <variant>

#include "taken.hpp"

namespace gatefile::api {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view full_route = R"(apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: web
  namespace: shop
  labels: {b: "2", a: "1"}
  annotations: {note: text}
  generation: 7
  creationTimestamp: "2026-01-02T03:04:05Z"
spec:
  parentRefs:
  - name: gw
    namespace: infra
    sectionName: web
    port: 8080
  - {name: set, kind: ListenerSet}
  hostnames: [a.example, "*.b.example"]
  rules:
  - name: one
    matches:
    - path: {type: Exact, value: /a}
      method: GET
      headers:
      - {name: X-A, value: "1"}
      - {name: X-B, value: "^2$", type: RegularExpression}
      queryParams:
      - {name: q, value: v}
    filters:
    - type: RequestHeaderModifier
      requestHeaderModifier:
        set: [{name: A, value: "1"}]
        add: [{name: B, value: "2"}, {name: C, value: "3"}]
        remove: [D]
    - type: ResponseHeaderModifier
      responseHeaderModifier: {remove: [E, F]}
    - type: URLRewrite
      urlRewrite:
        hostname: c.example
        path: {type: ReplaceFullPath, replaceFullPath: /full}
    - type: RequestMirror
      requestMirror:
        backendRef: {name: mirror, port: 81}
        fraction: {numerator: 1}
    - type: CORS
      cors:
        allowOrigins: ["https://a.example"]
        allowCredentials: true
        allowMethods: [GET, PUT]
        allowHeaders: [H1]
        exposeHeaders: [H2]
    - type: ExtensionRef
      extensionRef: {group: g.example, kind: K, name: ext}
    backendRefs:
    - name: svc
      port: 80
    - {name: other, namespace: else, port: 90, weight: 0, filters: [{type: ExternalAuth, externalAuth: {protocol: HTTP, http: {}, backendRef: {name: auth, port: 1}}}]}
    timeouts: {request: 10s, backendRequest: 500ms}
    retry: {codes: [500, 503], attempts: 0, backoff: 1m}
    sessionPersistence:
      cookie: {name: sid, lifetimeType: Permanent}
      absoluteTimeout: 1h
  - filters:
    - type: RequestRedirect
      requestRedirect:
        scheme: https
        port: 443
        statusCode: 301
        path: {type: ReplacePrefixMatch, replacePrefixMatch: ""}
)";

void check_full_rule(const HttpRouteRule& rule) {
    CHECK(rule.name == "one");
    REQUIRE(rule.matches.size() == 1);
    CHECK(rule.matches[0].path.type == PathMatchType::Exact);
    CHECK(rule.matches[0].path.value == "/a");
    CHECK(rule.matches[0].method == "GET");
    REQUIRE(rule.matches[0].headers.size() == 2);
    CHECK(rule.matches[0].headers[0].type == ValueMatchType::Exact);
    CHECK(rule.matches[0].headers[1].type == ValueMatchType::RegularExpression);
    CHECK(rule.matches[0].headers[1].value == "^2$");
    REQUIRE(rule.matches[0].query_params.size() == 1);
    CHECK(rule.matches[0].query_params[0].name == "q");
    REQUIRE(rule.backend_refs.size() == 2);
    CHECK(rule.backend_refs[0].ref.kind == "Service");
    CHECK(rule.backend_refs[0].ref.port == 80);
    CHECK(rule.backend_refs[0].weight == 1);
    CHECK(rule.backend_refs[1].ref.ns == "else");
    CHECK(rule.backend_refs[1].weight == 0);
    REQUIRE(rule.backend_refs[1].filters.size() == 1);
    CHECK(std::get<ExternalAuth>(rule.backend_refs[1].filters[0]).backend.name == "auth");
    REQUIRE(rule.timeouts);
    CHECK(rule.timeouts->request == milliseconds(10'000));
    CHECK(rule.timeouts->backend_request == milliseconds(500));
    REQUIRE(rule.retry);
    CHECK(rule.retry->codes == std::vector<int>{500, 503});
    CHECK(rule.retry->attempts == 0);
    CHECK(rule.retry->backoff == milliseconds(60'000));
    REQUIRE(rule.session_persistence);
    CHECK(rule.session_persistence->type == "Cookie");
    REQUIRE(rule.session_persistence->cookie);
    CHECK(rule.session_persistence->cookie->name == "sid");
    CHECK(rule.session_persistence->cookie->lifetime_type == "Permanent");
    CHECK(rule.session_persistence->absolute_timeout == milliseconds(3'600'000));
}

void check_full_filters(const std::vector<HttpFilter>& filters) {
    REQUIRE(filters.size() == 6);
    const auto& request = std::get<RequestHeaderModifier>(filters[0]);
    CHECK(request.set.size() == 1);
    REQUIRE(request.add.size() == 2);
    CHECK(request.add[1].name == "C");
    CHECK(request.add[1].value == "3");
    CHECK(request.remove == std::vector<std::string>{"D"});
    CHECK(std::get<ResponseHeaderModifier>(filters[1]).remove.size() == 2);
    const auto& rewrite = std::get<UrlRewrite>(filters[2]);
    CHECK(rewrite.hostname == "c.example");
    REQUIRE(rewrite.path);
    CHECK(rewrite.path->type == PathModifierType::ReplaceFullPath);
    CHECK(rewrite.path->value == "/full");
    const auto& mirror = std::get<RequestMirror>(filters[3]);
    CHECK(mirror.backend.port == 81);
    REQUIRE(mirror.fraction);
    CHECK(mirror.fraction->numerator == 1);
    CHECK(mirror.fraction->denominator == 100);
    const auto& cors = std::get<Cors>(filters[4]);
    CHECK(cors.allow_origins.size() == 1);
    CHECK(cors.allow_credentials == true);
    CHECK(cors.allow_methods == std::vector<std::string>{"GET", "PUT"});
    CHECK(cors.allow_headers == std::vector<std::string>{"H1"});
    CHECK(cors.expose_headers == std::vector<std::string>{"H2"});
    CHECK(cors.max_age == 5);
    CHECK(std::get<ExtensionRef>(filters[5]).kind == "K");
}

void check_full_route(const HttpRoute& route) {
    CHECK(route.meta.name == "web");
    CHECK(route.meta.ns == "shop");
    CHECK(route.meta.labels == StringMap{{"a", "1"}, {"b", "2"}});
    CHECK(*find(route.meta.annotations, "note") == "text");
    CHECK(find(route.meta.annotations, "none") == nullptr);
    CHECK(route.meta.generation == 7);
    CHECK(route.meta.created == base::parse_rfc3339("2026-01-02T03:04:05Z"));
    REQUIRE(route.parent_refs.size() == 2);
    CHECK(route.parent_refs[0].group == "gateway.networking.k8s.io");
    CHECK(route.parent_refs[0].kind == "Gateway");
    CHECK(route.parent_refs[0].ns == "infra");
    CHECK(route.parent_refs[0].section_name == "web");
    CHECK(route.parent_refs[0].port == 8080);
    CHECK(route.parent_refs[1].kind == "ListenerSet");
    CHECK_FALSE(route.parent_refs[1].ns);
    CHECK(route.hostnames == std::vector<std::string>{"a.example", "*.b.example"});
    REQUIRE(route.rules.size() == 2);
    check_full_rule(route.rules[0]);
    check_full_filters(route.rules[0].filters);
    const auto& redirect = std::get<RequestRedirect>(route.rules[1].filters.at(0));
    CHECK(redirect.scheme == "https");
    CHECK(redirect.port == 443);
    CHECK(redirect.status_code == 301);
    REQUIRE(redirect.path);
    CHECK(redirect.path->type == PathModifierType::ReplacePrefixMatch);
    CHECK(redirect.path->value.empty());
}

TEST_CASE("an HTTPRoute with every field") {
    const Taken taken = take(full_route);
    CAPTURE(taken.text());
    REQUIRE(taken.snapshot->http_routes.size() == 1);
    CHECK(taken.items().empty());
    check_full_route(taken.snapshot->http_routes[0]);
    // The schema filled this in; unchecked objects come with it from the API server.
    REQUIRE(taken.snapshot->http_routes[0].rules[1].matches.size() == 1);
    CHECK(taken.snapshot->http_routes[0].rules[1].matches[0].path.value == "/");
}

TEST_CASE("an HTTPRoute with every field, as from an API server") {
    const Taken taken = take(full_route, unchecked());
    CAPTURE(taken.text());
    REQUIRE(taken.snapshot->http_routes.size() == 1);
    check_full_route(taken.snapshot->http_routes[0]);
}

TEST_CASE("defaults of an HTTPRoute") {
    const Taken taken = take("apiVersion: gateway.networking.k8s.io/v1beta1\nkind: HTTPRoute\n"
                             "metadata: {name: web}\nspec: {}\n");
    CAPTURE(taken.text());
    REQUIRE(taken.snapshot->http_routes.size() == 1);
    const HttpRoute& route = taken.snapshot->http_routes[0];
    REQUIRE(route.rules.size() == 1);
    REQUIRE(route.rules[0].matches.size() == 1);
    CHECK(route.rules[0].matches[0].path.type == PathMatchType::PathPrefix);
    CHECK(route.rules[0].matches[0].path.value == "/");
    CHECK_FALSE(route.meta.created);
}

constexpr std::string_view full_gateway = R"(apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: gw, namespace: infra}
spec:
  gatewayClassName: traefik-dmz
  addresses:
  - {value: 192.0.2.1}
  - {type: Hostname, value: gw.example}
  infrastructure:
    labels: {l: "1"}
    annotations: {a: "2"}
    parametersRef: {group: g.example, kind: P, name: p}
  allowedListeners: {namespaces: {from: All}}
  tls:
    backend: {clientCertificateRef: {name: client}}
    frontend:
      default: {validation: {caCertificateRefs: [{group: "", kind: ConfigMap, name: ca}]}}
      perPort:
      - {port: 8443, tls: {validation: {mode: AllowInsecureFallback, caCertificateRefs: [{group: "", kind: ConfigMap, name: ca2, namespace: pki}]}}}
      - {port: 9443, tls: {}}
  listeners:
  - {name: web, port: 80, protocol: HTTP}
  - name: websecure
    port: 443
    protocol: HTTPS
    hostname: "*.example"
    tls:
      certificateRefs: [{name: c1}, {name: c2, namespace: other}]
      options: {k: v}
    allowedRoutes:
      kinds: [{kind: HTTPRoute}]
      namespaces:
        from: Selector
        selector:
          matchLabels: {network: dmz}
          matchExpressions: [{key: tier, operator: In, values: [a, b]}]
)";

void check_full_gateway(const Gateway& gateway) {
    CHECK(gateway.gateway_class_name == "traefik-dmz");
    REQUIRE(gateway.addresses.size() == 2);
    CHECK(gateway.addresses[0].type == "IPAddress");
    CHECK(gateway.addresses[1].value == "gw.example");
    REQUIRE(gateway.infrastructure);
    CHECK(*find(gateway.infrastructure->labels, "l") == "1");
    CHECK(gateway.infrastructure->parameters_ref->kind == "P");
    CHECK(gateway.allowed_listeners->from == FromNamespaces::All);
    REQUIRE(gateway.tls);
    CHECK(gateway.tls->backend_client_certificate->kind == "Secret");
    REQUIRE(gateway.tls->frontend_default);
    CHECK(gateway.tls->frontend_default->ca_certificate_refs.at(0).name == "ca");
    CHECK(gateway.tls->frontend_default->mode == "AllowValidOnly");
    REQUIRE(gateway.tls->frontend_per_port.size() == 2);
    CHECK(gateway.tls->frontend_per_port[0].validation->mode == "AllowInsecureFallback");
    CHECK(gateway.tls->frontend_per_port[0].validation->ca_certificate_refs.at(0).ns == "pki");
    CHECK(gateway.tls->frontend_per_port[1].port == 9443);
    CHECK_FALSE(gateway.tls->frontend_per_port[1].validation);
    REQUIRE(gateway.listeners.size() == 2);
    CHECK(gateway.listeners[0].allowed_routes.namespaces.from == FromNamespaces::Same);
    const Listener& secure = gateway.listeners[1];
    CHECK(secure.port == 443);
    CHECK(secure.protocol == "HTTPS");
    CHECK(secure.hostname == "*.example");
    REQUIRE(secure.tls);
    CHECK(secure.tls->mode == TlsMode::Terminate);
    REQUIRE(secure.tls->certificate_refs.size() == 2);
    CHECK(secure.tls->certificate_refs[1].kind == "Secret");
    CHECK(secure.tls->certificate_refs[1].ns == "other");
    CHECK(secure.tls->options == StringMap{{"k", "v"}});
    CHECK(secure.allowed_routes.kinds.at(0).group == "gateway.networking.k8s.io");
    CHECK(secure.allowed_routes.namespaces.from == FromNamespaces::Selector);
    REQUIRE(secure.allowed_routes.namespaces.selector);
    const LabelSelector& selector = *secure.allowed_routes.namespaces.selector;
    CHECK(selector.match_labels == StringMap{{"network", "dmz"}});
    CHECK(selector.match_expressions.at(0).op == "In");
    CHECK(selector.match_expressions.at(0).values == std::vector<std::string>{"a", "b"});
}

TEST_CASE("a Gateway with every field") {
    for (const bool validate : {true, false}) {
        CAPTURE(validate);
        const Taken taken = take(full_gateway, {.validate = validate});
        CAPTURE(taken.text());
        REQUIRE(taken.snapshot->gateways.size() == 1);
        check_full_gateway(taken.snapshot->gateways[0]);
    }
}

TEST_CASE("GatewayClass and ReferenceGrant") {
    const Taken taken = take(R"(apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: c}
spec:
  controllerName: gatefile.dev/gateway-controller
  description: text
  parametersRef: {group: g.example, kind: P, name: p, namespace: own}
---
apiVersion: gateway.networking.k8s.io/v1
kind: ReferenceGrant
metadata: {name: g}
spec:
  from: [{group: gateway.networking.k8s.io, kind: Gateway, namespace: infra}]
  to: [{group: "", kind: Secret, name: s}, {group: "", kind: Service}]
---
apiVersion: gateway.networking.k8s.io/v1beta1
kind: ReferenceGrant
metadata: {name: g, namespace: older}
spec:
  from: [{group: gateway.networking.k8s.io, kind: Gateway, namespace: infra}]
  to: [{group: "", kind: Secret}]
)");
    CAPTURE(taken.text());
    const GatewayClass* gateway_class = taken.snapshot->find_gateway_class("c");
    REQUIRE(gateway_class != nullptr);
    CHECK(gateway_class->controller_name == "gatefile.dev/gateway-controller");
    CHECK(gateway_class->description == "text");
    CHECK(gateway_class->parameters_ref->ns == "own");
    REQUIRE(taken.snapshot->reference_grants.size() == 2);
    const ReferenceGrant& grant = taken.snapshot->reference_grants[0];
    CHECK(grant.from.at(0).ns == "infra");
    CHECK(grant.to.at(0).name == "s");
    CHECK_FALSE(grant.to.at(1).name);
}

TEST_CASE("Services and EndpointSlices") {
    const Taken taken = take(R"(apiVersion: v1
kind: Service
metadata: {name: s}
spec:
  type: LoadBalancer
  clusterIP: 10.0.0.1
  ports:
  - {name: a, port: 80, targetPort: 8080, nodePort: 30080, appProtocol: kubernetes.io/h2c}
  - {name: b, port: 81, targetPort: http, protocol: UDP}
  - {name: c, port: 82}
status: {loadBalancer: {ingress: [{ip: 192.0.2.9}, {hostname: lb.example}]}}
---
apiVersion: v1
kind: Service
metadata: {name: e}
spec: {type: ExternalName, externalName: ext.example}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: s-1, labels: {kubernetes.io/service-name: s}}
addressType: IPv4
ports: [{name: a, port: 8080, appProtocol: http}, {name: ""}]
endpoints:
- {addresses: [10.1.0.1]}
- {addresses: [10.1.0.2], conditions: {ready: false}}
- {addresses: [10.1.0.3], conditions: {ready: false, serving: true, terminating: true}}
)");
    CAPTURE(taken.text());
    const Service* service = taken.snapshot->find_service("default", "s");
    REQUIRE(service != nullptr);
    CHECK(service->type == "LoadBalancer");
    CHECK(service->cluster_ip == "10.0.0.1");
    CHECK(service->load_balancer == std::vector<std::string>{"192.0.2.9", "lb.example"});
    REQUIRE(service->ports.size() == 3);
    CHECK(service->ports[0].target_port == 8080);
    CHECK(service->ports[0].node_port == 30080);
    CHECK(service->ports[0].app_protocol == "kubernetes.io/h2c");
    CHECK(service->ports[0].protocol == "TCP");
    CHECK(service->ports[1].target_port_name == "http");
    CHECK_FALSE(service->ports[1].target_port);
    CHECK(service->ports[1].protocol == "UDP");
    CHECK(taken.snapshot->find_service("default", "e")->external_name == "ext.example");
    const auto slices = taken.snapshot->slices_of("default", "s");
    REQUIRE(slices.size() == 1);
    CHECK(slices[0]->ports.at(0).port == 8080);
    CHECK_FALSE(slices[0]->ports.at(1).port);
    const auto& endpoints = slices[0]->endpoints;
    REQUIRE(endpoints.size() == 3);
    CHECK((endpoints[0].ready && endpoints[0].serving && !endpoints[0].terminating));
    CHECK((!endpoints[1].ready && !endpoints[1].serving));
    CHECK((!endpoints[2].ready && endpoints[2].serving && endpoints[2].terminating));
}

TEST_CASE("Secrets are decoded, stringData wins, and no value is shown") {
    const Taken taken = take(R"(apiVersion: v1
kind: Secret
metadata: {name: s}
type: kubernetes.io/tls
data: {tls.key: a2V5, tls.crt: Y3J0, z: "", nothing: null}
stringData: {tls.crt: other, a: plain}
---
apiVersion: v1
kind: Secret
metadata: {name: bad}
data: {tls.key: "-----BEGIN PRIVATE KEY-----"}
)");
    CAPTURE(taken.text());
    const Secret* secret = taken.snapshot->find_secret("default", "s");
    REQUIRE(secret != nullptr);
    CHECK(secret->type == "kubernetes.io/tls");
    REQUIRE(secret->find("tls.key") != nullptr);
    CHECK(secret->find("tls.key")->reveal() == "key");
    CHECK(secret->find("tls.crt")->reveal() == "other");
    CHECK(secret->find("a")->reveal() == "plain");
    CHECK(secret->find("z")->empty());
    CHECK(secret->find("none") == nullptr);
    CHECK(std::is_sorted(secret->data.begin(),
                         secret->data.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; }));
    CHECK(taken.snapshot->find_secret("default", "bad") == nullptr);
    REQUIRE_FALSE(taken.items().empty());
    for (const diag::Diagnostic& item : taken.items()) {
        CHECK(item.detail.find("PRIVATE") == std::string::npos);
        CHECK(item.object.name == "bad");
        CHECK(item.at->line == 11);
    }
    const Taken raw = take("apiVersion: v1\nkind: Secret\nmetadata: {name: bad}\n"
                           "data: {k: '%%%', l: [1]}\n",
                           unchecked());
    CHECK(raw.snapshot->secrets.empty());
    CHECK(raw.count(diag::Code::InvalidValue) == 1);
    CHECK(raw.count(diag::Code::WrongType) == 1);
}

TEST_CASE("unchecked objects: unknown fields are ignored, wrong values refuse") {
    const std::string head = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\n"
                             "metadata: {name: web, managedFields: [{}]}\n";
    const auto check = [&head](std::string_view spec, diag::Code code, std::string_view path) {
        const Taken taken = take(head + std::string(spec), unchecked());
        CAPTURE(spec);
        CAPTURE(taken.text());
        CHECK(taken.snapshot->http_routes.empty());
        REQUIRE(taken.items().size() == 1);
        CHECK(taken.items()[0].code == code);
        CHECK(taken.items()[0].path.text() == path);
    };
    CHECK(take(head + "spec: {future: [1, {}]}\n", unchecked()).items().empty());
    CHECK(take(head + "spec: {future: 1}\n", unchecked()).snapshot->http_routes.size() == 1);
    CHECK(take(head + "spec: null\n", unchecked()).snapshot->http_routes.size() == 1);
    check("spec: {hostnames: a.example}\n", diag::Code::WrongType, "spec.hostnames");
    check("spec: {hostnames: [1]}\n", diag::Code::WrongType, "spec.hostnames[0]");
    check("spec: {rules: [3]}\n", diag::Code::WrongType, "spec.rules[0]");
    check("spec: {rules: [{matches: [{path: {type: Glob}}]}]}\n",
          diag::Code::InvalidValue,
          "spec.rules[0].matches[0].path.type");
    check("spec: {parentRefs: [{name: a, port: 65536}]}\n",
          diag::Code::InvalidValue,
          "spec.parentRefs[0].port");
    check("spec: {rules: [{filters: [{type: CORS}]}]}\n",
          diag::Code::MissingField,
          "spec.rules[0].filters[0].cors");
    check("spec: {rules: [{filters: [{type: Jump}]}]}\n",
          diag::Code::InvalidValue,
          "spec.rules[0].filters[0].type");
    check("spec: {rules: [{timeouts: {request: soon}}]}\n",
          diag::Code::InvalidValue,
          "spec.rules[0].timeouts.request");
    check("spec: {rules: [{retry: {codes: [x]}}]}\n",
          diag::Code::WrongType,
          "spec.rules[0].retry.codes");
}

/// Every node of `node`, one after the other, replaced by `replacement`.
void mutate(const tree::Node& node,
            tree::Arena& arena,
            const tree::Node& replacement,
            const std::function<void(const tree::Node&)>& use) {
    use(replacement);
    if (node.is_map()) {
        std::vector<tree::Entry> entries(node.entries().begin(), node.entries().end());
        for (tree::Entry& entry : entries) {
            const tree::Node original = entry.value;
            mutate(original, arena, replacement, [&](const tree::Node& changed) {
                entry.value = changed;
                use(tree::Node::map(arena.copy(std::span<const tree::Entry>(entries))));
            });
            entry.value = original;
        }
    } else if (node.is_list()) {
        std::vector<tree::Node> items(node.items().begin(), node.items().end());
        for (tree::Node& item : items) {
            const tree::Node original = item;
            mutate(original, arena, replacement, [&](const tree::Node& changed) {
                item = changed;
                use(tree::Node::list(arena.copy(std::span<const tree::Node>(items))));
            });
            item = original;
        }
    }
}

TEST_CASE("no value of any type in any place does harm") {
    std::size_t taken = 0;
    for (const std::string_view text : {full_route, full_gateway}) {
        const auto read = tree::read(text, std::make_shared<const std::string>("x"));
        REQUIRE(read.documents.size() == 1);
        const tree::Node replacements[] = {tree::Node::null(),
                                           tree::Node::boolean(true),
                                           tree::Node::integer(-1),
                                           tree::Node::integer(INT64_MAX),
                                           tree::Node::floating(1e300),
                                           tree::Node::string(std::string_view("\0{{\n`", 5)),
                                           tree::Node::list({}),
                                           tree::Node::map({})};
        for (const tree::Node& replacement : replacements) {
            auto arena = std::make_shared<tree::Arena>();
            mutate(read.documents[0].root, *arena, replacement, [&](const tree::Node& changed) {
                SnapshotBuilder builder(unchecked());
                diag::Diagnostics diagnostics;
                builder.add({.source = read.documents[0].source, .arena = arena, .root = changed},
                            diagnostics);
                const auto snapshot = builder.finish();
                const std::size_t objects =
                    snapshot->http_routes.size() + snapshot->gateways.size();
                // Taken or said why not, never neither.
                CHECK((objects == 1 || !diagnostics.empty()));
                taken += objects;
            });
        }
    }
    CHECK(taken > 100);
}

}  // namespace
}  // namespace gatefile::api
