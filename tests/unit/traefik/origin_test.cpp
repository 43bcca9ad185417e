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

TEST_CASE("names of no single object lead nowhere") {
    for (const std::string& name : {std::string("gatefile-generation"),
                                    make_name({index_prefix, "web", "a.example", "x"}),
                                    std::string("httproute_a"),
                                    std::string("httproute_a_b_x1"),
                                    make_name({"httproute", std::string(300, 'a'), "b", "r0"})}) {
        CAPTURE(name);
        CHECK_FALSE(origin_of(name));
    }
}

}  // namespace
}  // namespace gatefile::traefik
