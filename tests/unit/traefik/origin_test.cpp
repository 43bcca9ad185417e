// SPDX-License-Identifier: Apache-2.0
#include "gatefile/traefik/origin.hpp"

#include <doctest/doctest.h>

#include "../../../src/traefik/names.hpp"

namespace gatefile::traefik {
namespace {

TEST_CASE("names lead back to their objects") {
    const ir::RouteId route{.kind = "HTTPRoute", .ns = "shop", .name = "cart.v2"};
    ir::Rule rule;
    rule.index = 7;
    const auto origin = origin_of(with_part(rule_name(route, rule), "m0") + "_web_~any");
    REQUIRE(origin);
    CHECK(origin->object == diag::ObjectRef{"HTTPRoute", "shop", "cart.v2"});
    CHECK(origin->rule == 7);
    const auto service = origin_of(make_name({"service", "shop", "cart", "80"}));
    REQUIRE(service);
    CHECK(service->object == diag::ObjectRef{"Service", "shop", "cart"});
}

TEST_CASE("names of streams lead back to their routes") {
    for (const char* kind : {"TLSRoute", "TCPRoute", "UDPRoute"}) {
        const ir::RouteId route{.kind = kind, .ns = "shop", .name = "db"};
        const std::string name = stream_name(route);
        for (const std::string& form : {name,
                                        with_part(with_part(name, "tcp1"), "*.a.example"),
                                        std::string(first_of_names) + name,
                                        std::string(last_of_names) + with_part(name, "udp1")}) {
            CAPTURE(form);
            const auto origin = origin_of(form);
            REQUIRE(origin);
            CHECK(origin->object == diag::ObjectRef{kind, "shop", "db"});
            CHECK(origin->rule == 0);
        }
    }
}

TEST_CASE("a middleware that an object asks for leads to it") {
    const auto origin = origin_of(make_name({"middleware", "shop", "compress"}));
    REQUIRE(origin);
    CHECK(origin->object == diag::ObjectRef{"Middleware", "shop", "compress"});
    CHECK_FALSE(origin->rule);
}

TEST_CASE("a name that was cut is found among the rules that there are") {
    ir::Config config;
    config.routes = {{"HTTPRoute", "shop", std::string(250, 'a')}};
    config.rules.resize(2);
    config.rules[1].index = 1;
    config.rules[1].variant = "80-http";
    config.listeners.resize(1);
    config.listeners[0].entry_point = "web";
    config.listeners[0].hosts = {{.hostname = "a.example", .entries = {{.rule = 1}}}};
    const std::string name = rule_name(config.routes[0], config.rules[1]);
    const std::string leaf = leaf_name(
        name, 0, place_of(listener_label(config, config.listeners[0]), "a.example"));
    const std::string filter = with_part(name, "f0");
    const std::string member = with_part(name, "b1");
    const std::string member_filter = with_part(member, "f0");
    Dynamic dynamic;
    dynamic.routers.push_back({.name = leaf, .service = "outer"});
    dynamic.services.push_back(
        {.name = "outer",
         .middlewares = {filter},
         .settings = Weighted{.members = {{.service = "service_a_b_80"}, {.service = member}}}});
    dynamic.services.push_back({.name = member,
                                .middlewares = {member_filter},
                                .settings = LoadBalancer{}});
    for (const std::string& form : {name,
                                    leaf,
                                    with_part(leaf, "refused"),
                                    filter,
                                    member,
                                    member_filter,
                                    with_part(filter, "ask")}) {
        CAPTURE(form);
        CHECK_FALSE(origin_of(form));
        const auto origin = origin_of(form, config, dynamic);
        REQUIRE(origin);
        CHECK(origin->object.name == config.routes[0].name);
        CHECK(origin->rule == 1);
    }
    CHECK_FALSE(origin_of("cut~~other", config, dynamic));
    const auto route = origin_of(name.substr(0, 166) + "~~0123", config, dynamic);
    REQUIRE(route);
    CHECK(route->object.name == config.routes[0].name);
    CHECK_FALSE(route->rule);
    config.routes.push_back({"HTTPRoute", "shop", std::string(249, 'a')});
    config.rules[0].route = 1;
    CHECK_FALSE(origin_of(name.substr(0, 166) + "~~0123", config, dynamic));
}

TEST_CASE("names of no single object lead nowhere") {
    for (const std::string& name : {std::string("gatefile-generation"),
                                    make_name({index_prefix, "web", "a.example", "x"}),
                                    make_name({"gatefile", "closed", "tls", "*.a.example"}),
                                    std::string("httproute_a"),
                                    std::string("httproute_a_b_x1"),
                                    make_name({"httproute", std::string(300, 'a'), "b", "r0"})}) {
        CAPTURE(name);
        CHECK_FALSE(origin_of(name));
    }
}

}  // namespace
}  // namespace gatefile::traefik
