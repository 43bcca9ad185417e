// SPDX-License-Identifier: Apache-2.0
//
// The model of Traefik that the properties rest on, held against what its source says.
#include "traefik_router.hpp"

#include <doctest/doctest.h>

namespace gatefile::properties {
namespace {

bool rule_matches(std::string_view text, const ir::Request& request) {
    std::string error;
    const auto rule = TraefikRule::parse(text, error);
    CHECK_MESSAGE(rule, text, ": ", error);
    return rule && rule->matches(seen_by_traefik(request));
}

bool refused(std::string_view text) {
    std::string error;
    return !TraefikRule::parse(text, error);
}

TEST_CASE("operators bind as in Go") {
    const ir::Request get{.host = "a.x", .method = "GET", .path = "/p"};
    CHECK(rule_matches("Host(`a.x`) || Path(`/q`) && Path(`/r`)", get));
    CHECK_FALSE(rule_matches("(Host(`a.x`) || Path(`/q`)) && Path(`/r`)", get));
    CHECK(rule_matches("!Path(`/q`) && Method(`get`)", get));
    CHECK_FALSE(rule_matches("!(Path(`/q`) || Host(`a.x`))", get));
}

TEST_CASE("literals are Go's") {
    CHECK(rule_matches("Header(`X`, \"\\x60\\\"\\\\\\n\")", {.headers = {{"x", "`\"\\\n"}}}));
    CHECK(refused("Header(`X`, `a`) || Host(`b`)`, `)"));
    CHECK(refused("Header(`X`)"));
    CHECK(refused("Header(`X`, ``)"));
    CHECK(refused("Path(`p`)"));
    CHECK(refused("Host(`\xC3\xA9`)"));
    CHECK(refused("Host(\"a)"));
    CHECK(refused("Host(`a`"));
    CHECK(refused("PathRegexp(`(`)"));
    CHECK(refused("Hosts(`a`)"));
    CHECK(refused(""));
}

TEST_CASE("hosts: wildcards span one label, ports and a dot at the end do not count") {
    CHECK(rule_matches("Host(`*.x`)", {.host = "a.x"}));
    CHECK_FALSE(rule_matches("Host(`*.x`)", {.host = "b.a.x"}));
    CHECK_FALSE(rule_matches("Host(`*.x`)", {.host = "x"}));
    CHECK(rule_matches("Host(`a.x`)", {.host = "A.X.:80"}));
    CHECK(rule_matches("Host(`*`)", {.host = ""}));
    CHECK_FALSE(rule_matches("Host(`a`)", {.host = ""}));
    CHECK(rule_matches("HostRegexp(`^a`)", {.host = "ab"}));
}

TEST_CASE("paths are normalised, cleaned and decoded but for reserved characters") {
    CHECK(rule_matches("Path(`/a b%2Fc`)", {.path = "/%61//x/../%2e/a%20b%2fc/../../a%20b%2fc"}));
    CHECK(rule_matches("PathPrefix(`/a`)", {.path = "/ab"}));
    CHECK(rule_matches("Path(`/a/`)", {.path = "/a/b/../"}));
    CHECK(rule_matches("PathRegexp(`b`)", {.path = "/abc"}));
}

TEST_CASE("headers by canonical name, parameters exactly, any occurrence") {
    CHECK(rule_matches("Header(`x-a`, `1`)", {.headers = {{"X-A", "2"}, {"X-a", "1"}}}));
    CHECK_FALSE(rule_matches("Header(`x-a`, `1`)", {.headers = {{"X-A", "1,2"}}}));
    CHECK(rule_matches("QueryRegexp(`q`, `^1`)", {.query = {{"q", "2"}, {"q", "12"}}}));
    CHECK_FALSE(rule_matches("Query(`q`, `1`)", {.query = {{"Q", "1"}}}));
}

traefik::Service balancer(std::string name) {
    traefik::Service service{.name = name};
    service.settings = traefik::LoadBalancer{.urls = {name}};
    return service;
}

traefik::Router
child(std::string name, std::string rule, std::int64_t priority, std::string parent) {
    return {.name = name,
            .rule = std::move(rule),
            .priority = priority,
            .parents = {std::move(parent)},
            .service = "s-" + name};
}

traefik::Dynamic two_layers() {
    traefik::Dynamic dynamic;
    dynamic.routers = {
        {.name = "root", .rule = "Host(`a.x`)", .priority = 2, .entry_points = {"web"}},
        {.name = "rest",
         .rule = "PathPrefix(`/`)",
         .priority = 1,
         .entry_points = {"web"},
         .service = "s-rest"},
        child("low", "PathPrefix(`/p`)", 1, "root"),
        child("high", "Path(`/p`)", 5, "root"),
    };
    dynamic.services = {balancer("s-rest"), balancer("s-low"), balancer("s-high")};
    return dynamic;
}

TEST_CASE("the highest priority goes first, and a node that matched is final") {
    const traefik::Dynamic dynamic = two_layers();
    const TraefikRouter router(dynamic);
    CHECK(router.faults({}).empty());
    CHECK(router.answer({.entry_point = "web", .host = "a.x", .path = "/p"}) == "s-high ");
    CHECK(router.answer({.entry_point = "web", .host = "a.x", .path = "/pq"}) == "s-low ");
    CHECK(router.answer({.entry_point = "web", .host = "a.x", .path = "/"}) == "404");
    CHECK(router.answer({.entry_point = "web", .host = "b.x", .path = "/"}) == "s-rest ");
    CHECK(router.answer({.entry_point = "alt", .host = "b.x", .path = "/"}) == "404");
    CHECK(router.answer({.entry_point = "web", .tls = true, .host = "b.x"}) == "404");
}

TEST_CASE("what Traefik would refuse or decide by chance is a fault") {
    const auto faults_after = [](auto change, Layout layout = {}) {
        traefik::Dynamic dynamic = two_layers();
        change(dynamic);
        return TraefikRouter(dynamic).faults(layout).size();
    };
    CHECK(faults_after([](traefik::Dynamic& d) { d.routers[2].priority = 5; }) == 1);
    CHECK(faults_after([](traefik::Dynamic& d) {
              d.routers[2].priority = 10;
              d.routers[3].priority = 0;
          }) == 1);
    CHECK(faults_after([](traefik::Dynamic& d) { d.routers[2].name = "high"; }) == 1);
    CHECK(faults_after([](traefik::Dynamic& d) { d.routers[2].parents = {"nobody"}; }) == 2);
    CHECK(faults_after([](traefik::Dynamic& d) { d.routers[2].entry_points = {"web"}; }) == 1);
    CHECK(faults_after([](traefik::Dynamic& d) { d.routers[2].tls.emplace(); }) == 1);
    CHECK(faults_after([](traefik::Dynamic& d) { d.routers[0].service = "s-low"; }) == 1);
    CHECK(faults_after([](traefik::Dynamic& d) { d.routers[2].service = ""; }) == 1);
    CHECK(faults_after([](traefik::Dynamic& d) { d.routers[2].service = "s"; }) == 1);
    CHECK(faults_after([](traefik::Dynamic& d) { d.routers[2].middlewares = {"m"}; }) == 1);
    CHECK(faults_after([](traefik::Dynamic& d) { d.routers[2].rule = "Path"; }) == 1);
    CHECK(faults_after([](traefik::Dynamic& d) { d.services.push_back(balancer("s-low")); }) == 1);
    CHECK(faults_after([](traefik::Dynamic&) {}, {.most_children = 1}) == 1);
    CHECK(faults_after([](traefik::Dynamic&) {}, {.most_layers = 1}) == 1);
    CHECK(faults_after([](traefik::Dynamic& d) {
              d.routers[2].parents = {"high"};
              d.routers[3].parents = {"low"};
          }) >= 2);
}

TEST_CASE("a status on a service answers, and the weighted members otherwise") {
    traefik::Dynamic dynamic = two_layers();
    traefik::Middleware failing{.name = "fail"};
    failing.settings = traefik::StatusMiddleware{500};
    dynamic.middlewares = {failing};
    dynamic.services[2].middlewares = {"fail"};
    dynamic.services[1].settings = traefik::Weighted{.members = {{"s-rest"}, {"s-high"}}};
    const TraefikRouter router(dynamic);
    CHECK(router.answer({.entry_point = "web", .host = "a.x", .path = "/p"}) == "500");
    CHECK(router.answer({.entry_point = "web", .host = "a.x", .path = "/pq"}) == "s-rest 500");
}

TEST_CASE("TLS options go by the longest name, and a root with others answers 421") {
    const auto root =
        [](std::string name, std::string rule, std::int64_t priority, std::string options) {
            return traefik::Router{.name = name,
                                   .rule = std::move(rule),
                                   .priority = priority,
                                   .entry_points = {"web"},
                                   .service = "s",
                                   .tls = traefik::RouterTls{.options = std::move(options)}};
        };
    traefik::Dynamic dynamic;
    dynamic.services = {balancer("s")};
    dynamic.tls_options = {{.name = "one"}, {.name = "two"}};
    dynamic.routers = {root("exact", "Host(`a.x`)", 4, "one"),
                       root("deep", "HostRegexp(`x$`) && Host(`*`)", 2, "two"),
                       root("wild", "Host(`*.bb.x`)", 3, "one")};
    const auto answer = [&](std::string host) {
        return TraefikRouter(dynamic).answer(
            {.entry_point = "web", .tls = true, .host = std::move(host)});
    };
    CHECK(TraefikRouter(dynamic).faults({}).empty());
    CHECK(answer("a.x") == "s ");
    CHECK(answer("c.bb.x") == "s ");
    CHECK(answer("d.c.bb.x") == "s ");
    dynamic.routers[1].rule = "HostRegexp(`x$`)";
    dynamic.routers[1].priority = 9;
    CHECK(TraefikRouter(dynamic).faults({}).size() == 1);
    CHECK(answer("a.x") == "421");
    dynamic.routers[1] = root("tie", "Host(`*.x`)", 9, "two");
    CHECK(answer("a.x") == "random");
    dynamic.routers[1] = root("same", "Host(`a.x`)", 9, "two");
    CHECK(TraefikRouter(dynamic).faults({}).size() == 1);
    dynamic.routers[1] = root("unknown", "Host(`c.x`)", 9, "three");
    CHECK(TraefikRouter(dynamic).faults({}).size() == 1);
}

}  // namespace
}  // namespace gatefile::properties
