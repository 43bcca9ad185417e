// SPDX-License-Identifier: Apache-2.0
#include "gatefile/analysis/roles.hpp"

#include <algorithm>
#include <memory>

#include <doctest/doctest.h>

#include "gatefile/tree/read.hpp"

namespace gatefile::analysis {
namespace {

std::shared_ptr<const api::Snapshot> read(std::string_view manifests) {
    api::SnapshotBuilder builder(api::ReadOptions{});
    diag::Diagnostics found;
    const auto documents = tree::read(manifests, std::make_shared<const std::string>("test.yaml"));
    for (const tree::Document& document : documents.documents) {
        builder.add(document, found);
    }
    for (const diag::Diagnostic& item : found.items()) {
        FAIL_CHECK(item.object.text(), " ", item.path.text(), ": ", item.detail);
    }
    return builder.finish();
}

std::string gateway(std::string_view ns, std::string_view class_name, std::string_view refs) {
    return "\n---\napiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: g, "
           "namespace: " +
           std::string(ns) + "}\nspec: {gatewayClassName: " + std::string(class_name) +
           ", listeners: [{name: l, port: 443, protocol: HTTPS, tls: {certificateRefs: [" +
           std::string(refs) + "]}}]}\n";
}

std::string grant(std::string_view from_kind, std::string_view from_ns, std::string_view to) {
    return "\n---\napiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\nmetadata: "
           "{name: r, namespace: certs}\nspec: {from: [{group: gateway.networking.k8s.io, kind: " +
           std::string(from_kind) + ", namespace: " + std::string(from_ns) + "}], to: [" +
           std::string(to) + "]}\n";
}

const std::string classes = R"(
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: ours}
spec: {controllerName: gatefile.dev/gateway-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: second}
spec: {controllerName: gatefile.dev/gateway-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: theirs}
spec: {controllerName: other.example/controller}
)";

/// "ns/name" each.
std::vector<std::string> secrets(const std::string& manifests,
                                 const graph::Selection& selection = {}) {
    std::vector<std::string> names;
    for (const diag::ObjectRef& secret : needed_by_name(*read(manifests), selection)) {
        CHECK(secret.kind == "Secret");
        names.push_back(secret.ns + "/" + secret.name);
    }
    return names;
}

using Names = std::vector<std::string>;

TEST_CASE("beside its home the agent reads Services and endpoints, and no more") {
    const std::vector<Role> all = member_roles({});
    REQUIRE(all.size() == 1);
    CHECK(all[0].ns.empty());
    REQUIRE(all[0].rules.size() == 2);
    CHECK(all[0].rules[0].resources == Names{"services"});
    CHECK(all[0].rules[0].verbs == Names{"get", "list", "watch"});
    CHECK(all[0].rules[1].resources == Names{"endpointslices"});
    const std::vector<Role> two = member_roles({.watch_namespaces = {"shop", "web"}});
    REQUIRE(two.size() == 2);
    CHECK(two[1].ns == "web");
}

TEST_CASE("the Secrets of our Gateways are needed, each once") {
    CHECK(secrets(classes + gateway("b", "ours", "{name: z}, {name: a}, {name: z}") +
                  gateway("a", "ours", "{name: z}")) == Names{"a/z", "b/a", "b/z"});
    CHECK(secrets(classes + gateway("a", "theirs", "{name: z}")).empty());
    CHECK(secrets(classes + gateway("a", "none", "{name: z}")).empty());
    CHECK(secrets(classes + gateway("a", "ours", "{name: z, kind: ConfigMap}")).empty());
    graph::Selection second;
    second.gateway_classes = {"second"};
    CHECK(secrets(classes + gateway("a", "ours", "{name: z}") + gateway("b", "second", "{name: x}"),
                  second) == Names{"b/x"});
}

TEST_CASE("a Secret elsewhere is needed only where a grant permits it") {
    const std::string asking = classes + gateway("a", "ours", "{name: z, namespace: certs}");
    CHECK(secrets(asking).empty());
    const std::string any = "{group: '', kind: Secret}";
    CHECK(secrets(asking + grant("Gateway", "a", any)) == Names{"certs/z"});
    CHECK(secrets(asking + grant("Gateway", "a", "{group: '', kind: Secret, name: z}")) ==
          Names{"certs/z"});
    CHECK(secrets(asking + grant("Gateway", "a", "{group: '', kind: Secret, name: x}")).empty());
    CHECK(secrets(asking + grant("Gateway", "b", any)).empty());
    CHECK(secrets(asking + grant("HTTPRoute", "a", any)).empty());
    CHECK(secrets(asking + grant("Gateway", "a", "{group: '', kind: ConfigMap}")).empty());
}

std::string listener_set(std::string_view ns, std::string_view refs) {
    return "\n---\napiVersion: gateway.networking.k8s.io/v1\nkind: ListenerSet\nmetadata: {name: "
           "s, "
           "namespace: " +
           std::string(ns) +
           "}\nspec: {parentRef: {name: g, namespace: a}, listeners: [{name: l, port: 443, "
           "protocol: HTTPS, tls: {certificateRefs: [" +
           std::string(refs) + "]}}]}\n";
}

TEST_CASE("the Secrets of ListenerSets are needed where the Gateway takes them") {
    const std::string refs = "{name: own}, {name: far, namespace: certs}";
    const auto with = [&](std::string_view from) {
        std::string taking = gateway("a", "ours", "");
        taking.insert(taking.find("listeners:"),
                      "allowedListeners: {namespaces: {from: " + std::string(from) + "}}, ");
        taking.replace(taking.find("certificateRefs: []"), 19, "options: {gatefile.dev/x: one}");
        return secrets(classes + taking + listener_set("b", refs) +
                       grant("ListenerSet", "b", "{group: '', kind: Secret}"));
    };
    CHECK(with("All") == Names{"b/own", "certs/far"});
    CHECK(with("Same").empty());
    CHECK(with("None").empty());
}

/// "Kind ns/name" each.
std::vector<std::string> needed(const std::string& manifests) {
    std::vector<std::string> names;
    for (const diag::ObjectRef& object : needed_by_name(*read(manifests), {}))
        names.push_back(object.text());
    return names;
}

TEST_CASE("what a Gateway says of TLS is needed, elsewhere with a grant") {
    const std::string gateway = classes + R"(
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: g, namespace: a}
spec:
  gatewayClassName: ours
  listeners: [{name: l, port: 80, protocol: HTTP}]
  tls:
    backend: {clientCertificateRef: {name: shown}}
    frontend:
      default:
        validation:
          caCertificateRefs:
            - {group: '', kind: ConfigMap, name: own}
            - {group: '', kind: ConfigMap, name: theirs, namespace: certs}
            - {group: '', kind: Service, name: none}
      perPort:
        - port: 443
          tls:
            validation:
              caCertificateRefs:
                - {group: '', kind: Secret, name: port}
                - {group: certificates.k8s.io, kind: ClusterTrustBundle, name: bundle}
)";
    const Names own{
        "ClusterTrustBundle bundle", "ConfigMap a/own", "Secret a/port", "Secret a/shown"};
    CHECK(needed(gateway) == own);
    CHECK(needed(gateway + grant("Gateway", "a", "{group: '', kind: ConfigMap}")) ==
          Names{"ClusterTrustBundle bundle",
                "ConfigMap a/own",
                "ConfigMap certs/theirs",
                "Secret a/port",
                "Secret a/shown"});
    CHECK(needed(gateway + grant("Gateway", "a", "{group: '', kind: Secret}")) == own);
}

TEST_CASE("authorities of policies are needed where our routes lead to their Services") {
    const auto with_route = [](std::string_view rules) {
        return needed(classes + gateway("a", "ours", "{name: z}") + R"(
---
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: {name: p, namespace: shop}
spec:
  targetRefs: [{group: '', kind: Service, name: app}]
  validation:
    hostname: app.example
    caCertificateRefs: [{group: '', kind: ConfigMap, name: ca}, {group: example.com, kind: Key, name: k}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r, namespace: shop}
spec:
  parentRefs: [{name: g, namespace: a}]
  rules: [)" + std::string(rules) +
                      "]\n");
    };
    const Names both{"ConfigMap shop/ca", "Secret a/z"};
    CHECK(with_route("{backendRefs: [{name: app, port: 80}]}") == both);
    CHECK(with_route("{backendRefs: [{name: x, port: 80}], filters: [{type: RequestMirror, "
                     "requestMirror: {backendRef: {name: app, port: 80}}}]}") == both);
    CHECK(with_route("{backendRefs: [{name: x, port: 80}]}") == Names{"Secret a/z"});
    CHECK(with_route("{backendRefs: [{name: app, namespace: other, port: 80}]}") ==
          Names{"Secret a/z"});
}

TEST_CASE("what is behind the TraefikServices of our routes is needed") {
    const auto with_backend = [](std::string_view rule) {
        return needed(classes + gateway("a", "ours", "{name: z}") + R"(
---
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: {name: p, namespace: shop}
spec:
  targetRefs: [{group: '', kind: Service, name: app}]
  validation: {hostname: app.example, caCertificateRefs: [{group: '', kind: ConfigMap, name: ca}]}
---
apiVersion: traefik.io/v1alpha1
kind: TraefikService
metadata: {name: outer, namespace: shop}
spec: {weighted: {services: [{name: inner, kind: TraefikService}, {name: outer, kind: TraefikService}]}}
---
apiVersion: traefik.io/v1alpha1
kind: TraefikService
metadata: {name: inner, namespace: shop}
spec: {mirroring: {name: app, port: 80, middlewares: [{name: login}]}}
---
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata: {name: login, namespace: shop}
spec: {basicAuth: {secret: users}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r, namespace: shop}
spec:
  parentRefs: [{name: g, namespace: a}]
  rules: [)" + std::string(rule) +
                      "]\n");
    };
    const Names all{"ConfigMap shop/ca", "Secret a/z", "Secret shop/users"};
    CHECK(with_backend("{backendRefs: [{group: traefik.io, kind: TraefikService, name: outer}]}") ==
          all);
    CHECK(with_backend("{backendRefs: [{name: x, port: 80}], filters: [{type: RequestMirror, "
                       "requestMirror: {backendRef: {group: traefik.io, kind: TraefikService, "
                       "name: inner}}}]}") == all);
    CHECK(with_backend("{backendRefs: [{name: x, port: 80}], filters: [{type: ExternalAuth, "
                       "externalAuth: {protocol: HTTP, http: {}, backendRef: {name: app, port: "
                       "80}}}]}") == Names{"ConfigMap shop/ca", "Secret a/z"});
    CHECK(with_backend("{backendRefs: [{name: x, port: 80}]}") == Names{"Secret a/z"});
}

std::vector<Role> roles(const RoleSettings& settings) {
    return needed_roles(
        *read(classes + gateway("web", "ours", "{name: tls}, {name: api}")), {}, settings);
}

/// The namespaces in which a verb is permitted; "*" for the ClusterRole.
Names places(const std::vector<Role>& roles, std::string_view resource, std::string_view verb) {
    Names found;
    for (const Role& role : roles) {
        for (const RoleRule& rule : role.rules) {
            const auto has = [](const Names& list, std::string_view item) {
                return std::find(list.begin(), list.end(), item) != list.end();
            };
            if (has(rule.resources, resource) && has(rule.verbs, verb)) {
                found.push_back(role.ns.empty() ? "*" : role.ns);
            }
        }
    }
    return found;
}

TEST_CASE("with all namespaces watched only Secrets and Leases are in Roles") {
    RoleSettings settings;
    settings.lease_namespace = "traefik";
    const std::vector<Role> made = roles(settings);
    for (const char* resource : {"gatewayclasses",
                                 "namespaces",
                                 "gateways",
                                 "listenersets",
                                 "httproutes",
                                 "grpcroutes",
                                 "tlsroutes",
                                 "tcproutes",
                                 "udproutes",
                                 "backendtlspolicies",
                                 "clustertrustbundles",
                                 "referencegrants",
                                 "services",
                                 "endpointslices",
                                 "middlewares",
                                 "traefikservices"}) {
        CAPTURE(resource);
        for (const char* verb : {"get", "list", "watch"}) {
            CHECK(places(made, resource, verb) == Names{"*"});
        }
        CHECK(places(made, resource, "patch").empty());
    }
    for (const char* resource : {"gatewayclasses/status",
                                 "gateways/status",
                                 "listenersets/status",
                                 "httproutes/status",
                                 "grpcroutes/status",
                                 "tlsroutes/status",
                                 "tcproutes/status",
                                 "udproutes/status",
                                 "backendtlspolicies/status"}) {
        CAPTURE(resource);
        CHECK(places(made, resource, "patch") == Names{"*"});
    }
    CHECK(places(made, "events", "create") == Names{"*"});
    CHECK(places(made, "secrets", "watch") == Names{"web"});
    CHECK(places(made, "leases", "update") == Names{"traefik"});
    CHECK(places(made, "configmaps", "get").empty());
}

TEST_CASE("with namespaces named the cluster is read for classes and namespaces only") {
    RoleSettings settings;
    settings.lease_namespace = "traefik";
    settings.watch_namespaces = {"web", "shop", "web"};
    const std::vector<Role> made = roles(settings);
    CHECK(places(made, "gatewayclasses", "list") == Names{"*"});
    CHECK(places(made, "namespaces", "list") == Names{"*"});
    CHECK(places(made, "gatewayclasses/status", "patch") == Names{"*"});
    CHECK(places(made, "httproutes", "watch") == Names{"shop", "web"});
    CHECK(places(made, "httproutes/status", "patch") == Names{"shop", "web"});
    // About GatewayClasses in "default".
    CHECK(places(made, "events", "create") == Names{"default", "shop", "web"});
    CHECK(places(made, "secrets", "get") == Names{"web"});
    settings.watch_namespaces = {"shop"};
    CHECK(places(roles(settings), "secrets", "get").empty());
}

TEST_CASE("Secrets by name or by namespace") {
    const auto names = [](SecretScope scope) {
        RoleSettings settings;
        settings.secrets = scope;
        const std::vector<Role> made = roles(settings);
        REQUIRE(made.size() == 2);
        REQUIRE(made[1].rules.size() == 1);
        return made[1].rules[0].names;
    };
    CHECK(names(SecretScope::Names) == Names{"api", "tls"});
    CHECK(names(SecretScope::Namespace).empty());
}

TEST_CASE("nothing is written where nothing is to be written") {
    RoleSettings settings;
    settings.writes_status = false;
    settings.writes_events = false;
    for (const Role& role : roles(settings)) {
        for (const RoleRule& rule : role.rules) {
            CHECK(rule.verbs == Names{"get", "list", "watch"});
        }
    }
}

TEST_CASE("as YAML, each Role with its binding") {
    const std::vector<Role> made{{"", "gatefile", {{{""}, {"namespaces"}, {}, {"list"}}}},
                                 {"web", "gatefile", {{{""}, {"secrets"}, {"tls"}, {"get"}}}}};
    CHECK(write_roles(made, {"traefik", "agent"}) == R"(apiVersion: "rbac.authorization.k8s.io/v1"
kind: "ClusterRole"
metadata:
  name: "gatefile"
rules:
  - apiGroups:
      - ""
    resources:
      - "namespaces"
    verbs:
      - "list"
---
apiVersion: "rbac.authorization.k8s.io/v1"
kind: "ClusterRoleBinding"
metadata:
  name: "gatefile"
roleRef:
  apiGroup: "rbac.authorization.k8s.io"
  kind: "ClusterRole"
  name: "gatefile"
subjects:
  - kind: "ServiceAccount"
    name: "agent"
    namespace: "traefik"
---
apiVersion: "rbac.authorization.k8s.io/v1"
kind: "Role"
metadata:
  name: "gatefile"
  namespace: "web"
rules:
  - apiGroups:
      - ""
    resources:
      - "secrets"
    resourceNames:
      - "tls"
    verbs:
      - "get"
---
apiVersion: "rbac.authorization.k8s.io/v1"
kind: "RoleBinding"
metadata:
  name: "gatefile"
  namespace: "web"
roleRef:
  apiGroup: "rbac.authorization.k8s.io"
  kind: "Role"
  name: "gatefile"
subjects:
  - kind: "ServiceAccount"
    name: "agent"
    namespace: "traefik"
)");
}

TEST_CASE("the Role that cures a 403") {
    CHECK(role_for("patch", "gateway.networking.k8s.io", "httproutes/status", "", "") ==
          R"(apiVersion: "rbac.authorization.k8s.io/v1"
kind: "ClusterRole"
metadata:
  name: "gatefile-httproutes-status"
rules:
  - apiGroups:
      - "gateway.networking.k8s.io"
    resources:
      - "httproutes/status"
    verbs:
      - "patch"
)");
    const std::string secret = role_for("watch", "", "secrets", "web", "tls");
    CHECK(secret.find("kind: \"Role\"\n") != std::string::npos);
    CHECK(secret.find("namespace: \"web\"\n") != std::string::npos);
    CHECK(secret.find("resourceNames:\n      - \"tls\"\n") != std::string::npos);
    CHECK(secret.find("name: \"gatefile-secrets-tls\"\n") != std::string::npos);
    CHECK(secret.find("\"get\"\n      - \"list\"\n      - \"watch\"\n") != std::string::npos);
    const std::string lease = role_for("get", "coordination.k8s.io", "leases", "t", "gatefile");
    CHECK(lease.find("resourceNames") == std::string::npos);
    CHECK(lease.find("\"create\"\n      - \"delete\"\n      - \"get\"\n      - \"list\"\n      - "
                     "\"update\"\n") != std::string::npos);
    const std::string service = role_for("patch", "", "services", "web", "gatefile-public");
    CHECK(service.find("name: \"gatefile-services-made\"\n") != std::string::npos);
    CHECK(service.find("resourceNames") == std::string::npos);
    CHECK(service.find("\"create\"\n      - \"delete\"\n      - \"patch\"\n") !=
          std::string::npos);
}

}  // namespace
}  // namespace gatefile::analysis
