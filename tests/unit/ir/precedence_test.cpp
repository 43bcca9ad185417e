// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "graph_maker.hpp"

namespace gatefile::ir::test {
namespace {

using Order = std::vector<std::string>;

api::HttpRouteMatch with_headers(api::HttpRouteMatch match, std::vector<std::string> names) {
    for (const std::string& name : names) {
        match.headers.push_back({api::ValueMatchType::Exact, name, "v"});
    }
    return match;
}

TEST_CASE("the hostname as written goes before path, headers and age") {
    GraphMaker maker;
    const std::size_t gateway = maker.gateway("g", {{.hostname = "abc.example.com"}});
    maker.route("older",
                {GraphMaker::rule({with_headers(GraphMaker::prefix("/path/prefix"), {"B"})})},
                {{gateway, 0, {{"abc.example.com", "*.example.com"}}}},
                base::Timestamp{1});
    maker.route("newer",
                {GraphMaker::rule({GraphMaker::prefix("/path")})},
                {{gateway, 0, {{"abc.example.com", "abc.example.com"}}}},
                base::Timestamp{2});
    maker.route("bare",
                {GraphMaker::rule({GraphMaker::exact("/path")})},
                {{gateway, 0, {{"abc.example.com", ""}}}},
                base::Timestamp{0});
    CHECK(order_on(maker.lower(), 0, "abc.example.com") == Order{"newer/0", "older/0", "bare/0"});
}

TEST_CASE("path, method, headers and query decide within a route") {
    GraphMaker maker;
    const std::size_t gateway = maker.gateway("g", {{}});
    api::HttpRouteMatch regex;
    regex.path = {api::PathMatchType::RegularExpression, "/a/.*"};
    api::HttpRouteMatch method = GraphMaker::prefix("/a");
    method.method = "GET";
    api::HttpRouteMatch query = GraphMaker::prefix("/a");
    query.query_params.push_back({api::ValueMatchType::Exact, "q", "v"});
    maker.route("r",
                {GraphMaker::rule({GraphMaker::prefix("/")}),
                 GraphMaker::rule({GraphMaker::prefix("/a")}),
                 GraphMaker::rule({query}),
                 GraphMaker::rule({with_headers(GraphMaker::prefix("/a"), {"x"})}),
                 GraphMaker::rule({with_headers(GraphMaker::prefix("/a"), {"x", "y"})}),
                 GraphMaker::rule({method}),
                 GraphMaker::rule({GraphMaker::prefix("/a/b")}),
                 GraphMaker::rule({regex}),
                 GraphMaker::rule({GraphMaker::exact("/a")})},
                {{gateway, 0, {{"", ""}}}});
    CHECK(order_on(maker.lower(), 0, "") ==
          Order{"r/8", "r/7", "r/6", "r/5", "r/4", "r/3", "r/2", "r/1", "r/0"});
}

TEST_CASE("of equal matches the oldest route goes first, without a timestamp last, then by name") {
    GraphMaker maker;
    const std::size_t gateway = maker.gateway("g", {{}});
    const auto add = [&](std::string_view name, std::optional<base::Timestamp> created) {
        maker.route(name,
                    {GraphMaker::rule({GraphMaker::prefix("/")})},
                    {{gateway, 0, {{"", ""}}}},
                    created);
    };
    add("a", {});
    add("b", {});
    add("c", base::Timestamp{20});
    add("d", base::Timestamp{10});
    CHECK(order_on(maker.lower(), 0, "") == Order{"d/0", "c/0", "a/0", "b/0"});
}

TEST_CASE("hostnames stand most specific first, listeners by entry point") {
    GraphMaker maker;
    const std::size_t gateway = maker.gateway("g",
                                              {{.entry_point = "web"},
                                               {.hostname = "*.a.x", .entry_point = "web"},
                                               {.hostname = "b.a.x", .entry_point = "web"},
                                               {.hostname = "*.x", .entry_point = "alt"}});
    maker.route("r",
                {GraphMaker::rule({GraphMaker::prefix("/")})},
                {{gateway, 0, {{"", ""}, {"*.x", "*.x"}, {"*.y.x", "*.y.x"}, {"c.x", "c.x"}}}});
    const Config config = maker.lower();
    std::vector<std::string> listeners;
    for (const Listener& listener : config.listeners) {
        listeners.push_back(listener.entry_point + " " + listener.hostname);
    }
    CHECK(listeners == Order{"alt *.x", "web b.a.x", "web *.a.x", "web "});
    Order hosts;
    for (const Host& host : config.listeners[3].hosts)
        hosts.push_back(host.hostname);
    CHECK(hosts == Order{"c.x", "*.y.x", "*.x", ""});
}

TEST_CASE("a match that repeats an earlier one is kept") {
    GraphMaker maker;
    const std::size_t gateway = maker.gateway("g", {{}});
    maker.route("r",
                {GraphMaker::rule({with_headers(GraphMaker::exact("/a"), {"X-One", "two"})}),
                 GraphMaker::rule({with_headers(GraphMaker::exact("/a"), {"Two", "x-one"})}),
                 GraphMaker::rule({with_headers(GraphMaker::exact("/a"), {"two", "three"})})},
                {{gateway, 0, {{"a.x", "a.x"}, {"b.x", "b.x"}}}});
    const Config config = maker.lower();
    CHECK(order_on(config, 0, "a.x") == Order{"r/0", "r/1", "r/2"});
    CHECK(order_on(config, 0, "b.x") == Order{"r/0", "r/1", "r/2"});
}

TEST_CASE("a route that reaches a hostname in two ways has one entry there, at its best place") {
    GraphMaker maker;
    const std::size_t gateway = maker.gateway("g", {{.hostname = "a.x"}});
    maker.route("r",
                {GraphMaker::rule({GraphMaker::prefix("/")})},
                {{gateway, 0, {{"a.x", "*.x"}, {"a.x", "a.x"}}}});
    maker.route(
        "s", {GraphMaker::rule({GraphMaker::prefix("/long")})}, {{gateway, 0, {{"a.x", "*.x"}}}});
    CHECK(order_on(maker.lower(), 0, "a.x") == Order{"r/0", "s/0"});
    CHECK(maker.said().empty());
}

TEST_CASE("a match that cannot be expressed is left out") {
    GraphMaker maker;
    const std::size_t gateway = maker.gateway("g", {{}});
    maker.route("r",
                {GraphMaker::rule({GraphMaker::exact("/bad"), GraphMaker::exact("/good")})},
                {{gateway, 0, {{"", ""}}}});
    maker.graph().routes[0].rules[0].match_valid[0] = false;
    const Config config = maker.lower();
    REQUIRE(config.listeners[0].hosts[0].entries.size() == 1);
    CHECK(config.listeners[0].hosts[0].entries[0].match.path.value == "/good");
    CHECK(config.listeners[0].hosts[0].entries[0].match_index == 1);
}

TEST_CASE("a hostname with no match at all is left to the wider ones") {
    GraphMaker maker;
    const std::size_t gateway = maker.gateway("g", {{}});
    maker.route(
        "r", {GraphMaker::rule({GraphMaker::exact("/bad")})}, {{gateway, 0, {{"a.x", "a.x"}}}});
    maker.graph().routes[0].rules[0].match_valid[0] = false;
    CHECK(maker.lower().listeners[0].hosts.empty());
}

}  // namespace
}  // namespace gatefile::ir::test
