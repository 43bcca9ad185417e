// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "taken.hpp"

namespace gatefile::api {
namespace {

std::string config_map(std::string_view name, std::string_view ns = "") {
    std::string text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ";
    text += name;
    if (!ns.empty()) text += "\n  namespace: " + std::string(ns);
    return text + "\n";
}

TEST_CASE("objects are sorted by namespace and name and found again") {
    const Taken taken = take(config_map("b", "ns2") + "---\n" + config_map("c", "ns1") + "---\n" +
                             config_map("a", "ns2"));
    CAPTURE(taken.text());
    const auto& maps = taken.snapshot->config_maps;
    REQUIRE(maps.size() == 3);
    CHECK(maps[0].meta.name == "c");
    CHECK(maps[1].meta.name == "a");
    CHECK(maps[2].meta.name == "b");
    CHECK(taken.snapshot->find_config_map("ns2", "b") == &maps[2]);
    CHECK(taken.snapshot->find_config_map("ns2", "c") == nullptr);
    CHECK(taken.snapshot->find_config_map("ns3", "c") == nullptr);
    CHECK(taken.snapshot->find_meta({"ConfigMap", "ns1", "c"}) == &maps[0].meta);
    CHECK(taken.snapshot->find_meta({"Secret", "ns1", "c"}) == nullptr);
}

TEST_CASE("the namespace is the object's own, else the one asked for, else the default") {
    SUBCASE("default") {
        const Taken taken = take(config_map("a"));
        REQUIRE(taken.snapshot->config_maps.size() == 1);
        CHECK(taken.snapshot->config_maps[0].meta.ns == "default");
    }
    SUBCASE("asked for") {
        const Taken taken = take(config_map("a") + "---\n" + config_map("b", "own"),
                                 {.requested_namespace = "mine"});
        CHECK(taken.snapshot->find_config_map("mine", "a") != nullptr);
        CHECK(taken.snapshot->find_config_map("own", "b") != nullptr);
        REQUIRE(taken.items().size() == 1);
        CHECK(taken.items()[0].code == diag::Code::NamespaceMismatch);
        CHECK(taken.items()[0].object == diag::ObjectRef{"ConfigMap", "own", "b"});
        CHECK(taken.items()[0].at->line == 10);
    }
    SUBCASE("cluster-scoped kinds have none") {
        const Taken taken = take("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n  "
                                 "namespace: b\n",
                                 {.requested_namespace = "mine"});
        CHECK(taken.snapshot->find_namespace("a") != nullptr);
        CHECK(taken.items().empty());
    }
}

TEST_CASE("lists are taken item by item, however deep") {
    const Taken taken = take(R"({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "inner"}}]},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "outer"}}]}
        {"apiVersion": "v1", "kind": "ConfigMapList", "items": [
            {"metadata": {"name": "typed"}, "data": {"k": 7}},
            {"metadata": {"name": "good"}, "data": {"k": "v"}}]}
        {"apiVersion": "v1", "kind": "List", "items": null})");
    CAPTURE(taken.text());
    CHECK(taken.snapshot->config_maps.size() == 3);
    CHECK(taken.snapshot->find_config_map("default", "inner") != nullptr);
    CHECK(taken.snapshot->find_config_map("default", "outer") != nullptr);
    CHECK(taken.snapshot->find_config_map("default", "good") != nullptr);
    // A completed item still knows where its text is.
    REQUIRE(taken.items().size() == 1);
    CHECK(taken.items()[0].object.name == "typed");
    CHECK(taken.items()[0].at->line == 6);
}

TEST_CASE("lists cannot be nested without end") {
    std::string text;
    for (int i = 0; i < 40; ++i)
        text += R"({"apiVersion":"v1","kind":"List","items":[)";
    text += "1";
    for (int i = 0; i < 40; ++i)
        text += "]}";
    const Taken taken = take(text);
    REQUIRE(taken.items().size() == 1);
    CHECK(taken.items()[0].code == diag::Code::InputNotObject);
    CHECK(taken.items()[0].detail == "Lists are nested more than 16 deep");
}

TEST_CASE("what is no object says so at its place") {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"- a\n", "a Kubernetes object was expected, found array"},
        {"just text\n", "a Kubernetes object was expected, found string"},
        {"apiVersion: v1\n", "Object 'Kind' is missing"},
        {"kind: Service\n", "Object 'apiVersion' is missing"},
        {"apiVersion: 1\nkind: Service\n", "Object 'apiVersion' is missing"},
        {"apiVersion: v1\nkind: Service\n", "resource name may not be empty"},
        {"apiVersion: v1\nkind: Service\nmetadata: {name: ''}\n", "resource name may not be empty"},
        {"apiVersion: v1\nkind: Service\nmetadata: 3\n", "resource name may not be empty"},
        {"apiVersion: v1\nkind: Service\nmetadata: {name: on}\n",
         "Invalid value: \"boolean\": must be of type string: \"boolean\""},
        {"apiVersion: v1\nkind: Service\nmetadata: {generateName: x-}\n",
         "cannot use generate name with apply"},
        {"apiVersion: v1\nkind: List\nitems: {}\n", "items must be of type array: \"object\""},
        {"apiVersion: v1\nkind: List\nitems: [3]\n",
         "a Kubernetes object was expected, found integer"},
    };
    for (const auto& [text, detail] : cases) {
        CAPTURE(text);
        const Taken taken = take(text);
        REQUIRE(taken.items().size() == 1);
        CHECK(taken.items()[0].code == diag::Code::InputNotObject);
        CHECK(taken.items()[0].detail == detail);
        REQUIRE(taken.items()[0].at);
        CHECK(taken.items()[0].at->source == "test.yaml");
        CHECK(taken.items()[0].at->line >= 1);
    }
}

diag::Diagnostic only_diagnostic_of(std::string_view api_version, std::string_view kind) {
    const Taken taken = take("apiVersion: " + std::string(api_version) +
                             "\nkind: " + std::string(kind) + "\nmetadata: {name: x}\n");
    CAPTURE(taken.text());
    REQUIRE(taken.items().size() == 1);
    return taken.items()[0];
}

TEST_CASE("nothing is dropped silently") {
    SUBCASE("foreign kinds are noted") {
        const auto item = only_diagnostic_of("apps/v1", "Deployment");
        CHECK(item.code == diag::Code::KindSkipped);
        CHECK(item.object == diag::ObjectRef{"Deployment", "", "x"});
        CHECK(only_diagnostic_of("networking.istio.io/v1", "Gateway").code ==
              diag::Code::KindSkipped);
        CHECK(only_diagnostic_of("serving.knative.dev/v1", "Service").code ==
              diag::Code::KindSkipped);
        CHECK(only_diagnostic_of("v1", "Pod").code == diag::Code::KindSkipped);
    }
    SUBCASE("kinds of Gateway API that are not translated are a warning") {
        CHECK(only_diagnostic_of("gateway.networking.x-k8s.io/v1alpha1", "XBackendTrafficPolicy")
                  .code == diag::Code::KindNotYetServed);
    }
    SUBCASE("a mistyped kind is an error, as with kubectl") {
        const auto item = only_diagnostic_of("gateway.networking.k8s.io/v1", "HttpRoute");
        CHECK(item.code == diag::Code::VersionNotServed);
        CHECK(item.detail ==
              R"(no matches for kind "HttpRoute" in version "gateway.networking.k8s.io/v1")");
        CHECK(item.hint == "did you mean HTTPRoute?");
        CHECK(item.at->line == 2);
    }
    SUBCASE("a kind in another group is an error") {
        const auto item = only_diagnostic_of("v1", "HTTPRoute");
        CHECK(item.code == diag::Code::VersionNotServed);
        CHECK(item.hint == "use apiVersion gateway.networking.k8s.io/v1");
        CHECK(only_diagnostic_of("gateway.networking.k8s.io/v1", "Service").hint ==
              "use apiVersion v1");
    }
    SUBCASE("a version that is not served is an error") {
        const auto item = only_diagnostic_of("gateway.networking.k8s.io/v1alpha2", "HTTPRoute");
        CHECK(item.code == diag::Code::VersionNotServed);
        CHECK(item.hint ==
              "use apiVersion gateway.networking.k8s.io/v1 or gateway.networking.k8s.io/v1beta1");
        CHECK(item.at->line == 1);
        CHECK(only_diagnostic_of("v2", "Secret").hint == "use apiVersion v1");
    }
}

TEST_CASE("of two equal objects the first one counts") {
    const Taken taken =
        take(config_map("a") + "data: {k: first}\n---\n" + config_map("a", "default") +
             "data: {k: second}\n---\n" + config_map("a", "other"));
    CAPTURE(taken.text());
    REQUIRE(taken.items().size() == 1);
    CHECK(taken.items()[0].code == diag::Code::DuplicateObject);
    CHECK(taken.items()[0].detail == "the same object is in test.yaml:1:1 already");
    CHECK(taken.items()[0].at->line == 10);
    CHECK(taken.snapshot->config_maps.size() == 2);
    CHECK(*find(taken.snapshot->find_config_map("default", "a")->data, "k") == "first");
}

TEST_CASE("a refused object leaves its name to the next") {
    const Taken taken = take(config_map("a") + "data: {k: [1]}\n---\n" + config_map("a"));
    CAPTURE(taken.text());
    CHECK(taken.count(diag::Code::DuplicateObject) == 0);
    CHECK(taken.snapshot->config_maps.size() == 1);
}

TEST_CASE("a refused object is located at once, others hide nothing") {
    const Taken taken = take(config_map("a") + "dta: {}\n---\n" + config_map("b"));
    CAPTURE(taken.text());
    REQUIRE(taken.items().size() == 1);
    CHECK(taken.items()[0].code == diag::Code::UnknownField);
    CHECK(*taken.items()[0].at == diag::SourcePosition{"test.yaml", 5, 1});
    CHECK(taken.snapshot->find_config_map("default", "a") == nullptr);
    CHECK(taken.snapshot->find_config_map("default", "b") != nullptr);
}

TEST_CASE("slices are found by their Service") {
    std::string text;
    for (const char* name : {"web-2", "web-1", "api-1"}) {
        text += "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: " +
                std::string(name) +
                "\n  labels: {kubernetes.io/service-name: " + std::string(name).substr(0, 3) +
                "}\naddressType: IPv4\nendpoints: []\n---\n";
    }
    text += "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: web-0\n"
            "addressType: IPv4\nendpoints: []\n";
    const Taken taken = take(text);
    CAPTURE(taken.text());
    CHECK(taken.snapshot->endpoint_slices.size() == 4);
    const auto web = taken.snapshot->slices_of("default", "web");
    REQUIRE(web.size() == 2);
    CHECK(web[0]->meta.name == "web-1");
    CHECK(web[1]->meta.name == "web-2");
    CHECK(taken.snapshot->slices_of("default", "api").size() == 1);
    CHECK(taken.snapshot->slices_of("default", "we").empty());
    CHECK(taken.snapshot->slices_of("other", "web").empty());
}

constexpr std::string_view route = R"(apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: web
spec:
  parentRefs: [{name: gw}]
  rules:
  - backendRefs:
    - name: svc
      port: 80
)";

TEST_CASE("diagnostics are located by object and path") {
    const Taken taken = take(route);
    CAPTURE(taken.text());
    REQUIRE(taken.snapshot->http_routes.size() == 1);
    const diag::ObjectRef web{"HTTPRoute", "default", "web"};
    const diag::Path rule = diag::Path("spec.rules") / std::size_t{0};
    diag::Diagnostics diagnostics;
    const auto add = [&diagnostics](const diag::ObjectRef& object, diag::Path path) {
        diagnostics.add(
            {.code = diag::Code::BackendNotFound, .object = object, .path = std::move(path)});
    };
    add(web, rule / "backendRefs" / std::size_t{0} / "port");
    add(web, rule / "backendRefs" / std::size_t{0});
    add(web, rule / "backendRefs");
    add(web, rule / "matches" / std::size_t{0} / "path");  // defaulted, so the rule stands for it
    add(web, diag::Path("spec.rules") / std::size_t{7});
    add(web, diag::Path("status"));
    add({"HTTPRoute", "default", "absent"}, {});
    add({}, {});
    locate(*taken.snapshot, diagnostics);
    std::vector<std::pair<std::uint32_t, std::uint32_t>> places;
    for (const diag::Diagnostic& item : diagnostics.items()) {
        places.emplace_back(item.at ? item.at->line : 0, item.at ? item.at->column : 0);
    }
    const std::vector<std::pair<std::uint32_t, std::uint32_t>> expected = {
        {10, 13}, {9, 7}, {8, 5}, {8, 5}, {7, 3}, {1, 1}, {0, 0}, {0, 0}};
    CHECK(places == expected);
}

TEST_CASE("positions that are known stay, objects of a cluster have none") {
    const diag::SourcePosition elsewhere{"other.yaml", 3, 4};
    diag::Diagnostics diagnostics;
    diagnostics.add({.object = {"HTTPRoute", "default", "web"}, .at = elsewhere});
    diagnostics.add({.object = {"HTTPRoute", "default", "web"}});
    SUBCASE("known") {
        locate(*take(route).snapshot, diagnostics);
        CHECK(diagnostics.items()[0].at == elsewhere);
        CHECK(diagnostics.items()[1].at);
    }
    SUBCASE("cluster") {
        const Taken taken = take(route, unchecked());
        REQUIRE(taken.snapshot->http_routes.size() == 1);
        locate(*taken.snapshot, diagnostics);
        CHECK_FALSE(diagnostics.items()[1].at);
    }
}

TEST_CASE("a builder is empty after finish and can be used again") {
    SnapshotBuilder builder({});
    diag::Diagnostics diagnostics;
    const auto read = tree::read(config_map("a"), std::make_shared<const std::string>("x"));
    for (int i = 0; i < 2; ++i) {
        builder.add(read.documents.at(0), diagnostics);
        CHECK(builder.has({"ConfigMap", "default", "a"}));
        CHECK(builder.finish()->config_maps.size() == 1);
        CHECK_FALSE(builder.has({"ConfigMap", "default", "a"}));
    }
    CHECK(diagnostics.empty());
}

}  // namespace
}  // namespace gatefile::api
