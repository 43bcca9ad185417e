// SPDX-License-Identifier: Apache-2.0
#include "names.hpp"

#include <doctest/doctest.h>

#include <array>
#include <map>
#include <random>
#include <string>

using gatefile::traefik::make_name;
using gatefile::traefik::rule_name;

TEST_CASE("names are readable and keep apart what dashes would not") {
    CHECK(make_name({"httproute", "shop", "cart", "r0"}) == "httproute_shop_cart_r0");
    CHECK(make_name({"a-b", "c"}) != make_name({"a", "b-c"}));
    CHECK(make_name({"*.x"}) == "~.x");
    CHECK(make_name({"web", ""}) == "web_~any");
    CHECK(make_name({"A@b"}) == "~41~40b");
    CHECK(make_name({"", "a"}) != make_name({"a"}));
}

TEST_CASE("a variant is part of a rule's name") {
    const gatefile::ir::RouteId route{"HTTPRoute", "shop", "cart"};
    gatefile::ir::Rule rule;
    rule.index = 3;
    CHECK(rule_name(route, rule) == "httproute_shop_cart_r3");
    rule.variant = "80-http";
    CHECK(rule_name(route, rule) == "httproute_shop_cart_r3_v-80-http");
}

TEST_CASE("long names are cut and stay different") {
    const std::string a = make_name({std::string(300, 'a'), "x"});
    const std::string b = make_name({std::string(300, 'a'), "y"});
    CHECK(a.size() == 200);
    CHECK(a != b);
    CHECK(a.starts_with("aaaa"));
}

TEST_CASE("different parts never give the same name") {
    std::mt19937 random(7);
    constexpr std::string_view alphabet = "ab-._~*@ A\xc3";
    const auto part = [&] {
        std::string text(random() % 5, ' ');
        for (char& c : text)
            c = alphabet[random() % alphabet.size()];
        if (random() % 8 == 0) text.insert(0, "*.");
        return text;
    };
    std::map<std::string, std::array<std::string, 3>> seen;
    for (int i = 0; i < 100'000; ++i) {
        const std::array<std::string, 3> parts{part(), part(), part()};
        const std::string name = make_name({parts[0], parts[1], parts[2]});
        CHECK_MESSAGE(name.find_first_of("@ \xc3") == std::string::npos, name);
        const auto [known, is_new] = seen.emplace(name, parts);
        if (!is_new) REQUIRE(known->second == parts);
    }
}
