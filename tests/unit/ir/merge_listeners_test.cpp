// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "graph_maker.hpp"

namespace gatefile::ir::test {
namespace {

using Lines = std::vector<std::string>;

std::vector<api::HttpRouteRule> one_rule() {
    return {GraphMaker::rule({GraphMaker::prefix("/")})};
}

TEST_CASE("listeners of two Gateways with one hostname and entry point become one") {
    GraphMaker maker;
    const std::size_t a = maker.gateway("a", {{.name = "one", .hostname = "x.y"}});
    const std::size_t b = maker.gateway("b", {{.name = "two", .hostname = "x.y"}});
    maker.route("r", one_rule(), {{a, 0, {{"x.y", "x.y"}}}});
    maker.route("s", one_rule(), {{b, 0, {{"x.y", "x.y"}}}});
    const Config config = maker.lower();
    REQUIRE(config.listeners.size() == 1);
    CHECK(config.listeners[0].sources ==
          std::vector<ListenerId>{{"infra", "a", "one", 80}, {"infra", "b", "two", 80}});
    CHECK(order_on(config, 0, "x.y") == Lines{"r/0", "s/0"});
}

TEST_CASE("plain and TLS listeners of one entry point stay apart") {
    GraphMaker maker;
    maker.gateway("a", {{.hostname = "x.y"}});
    maker.gateway("b", {{.hostname = "x.y", .tls = true}});
    const Config config = maker.lower();
    REQUIRE(config.listeners.size() == 2);
    CHECK_FALSE(config.listeners[0].tls);
    CHECK(config.listeners[1].tls);
}

TEST_CASE("a listener that does not serve is left out, one without routes isolates") {
    GraphMaker maker;
    const std::size_t gateway =
        maker.gateway("a", {{.hostname = "dead.y"}, {.hostname = "empty.y"}, {}});
    maker.graph().gateways[gateway].listeners[0].serves = false;
    maker.route("r", one_rule(), {{gateway, 0, {{"dead.y", ""}}}, {gateway, 2, {{"", ""}}}});
    const Config config = maker.lower();
    REQUIRE(config.listeners.size() == 2);
    CHECK(config.listeners[0].hostname == "empty.y");
    CHECK(config.listeners[0].hosts.empty());
    CHECK(order_on(config, 1, "") == Lines{"r/0"});
}

TEST_CASE("a parent that is not accepted is not served") {
    GraphMaker maker;
    const std::size_t gateway = maker.gateway("a", {{}});
    maker.route("r", one_rule(), {{gateway, 0, {{"", ""}}}});
    maker.graph().routes[0].parents[0].accepted = false;
    const Config config = maker.lower();
    CHECK(config.routes.empty());
    CHECK(config.rules.empty());
    CHECK(config.listeners[0].hosts.empty());
}

TEST_CASE("a narrower listener of another Gateway captures hosts, and both sides are told") {
    GraphMaker maker;
    const std::size_t wide = maker.gateway("wide", {{.name = "all", .hostname = "*.x"}});
    maker.gateway("narrow", {{.name = "one", .hostname = "a.x"}});
    maker.route("r", one_rule(), {{wide, 0, {{"a.x", "a.x"}, {"b.x", "b.x"}}}});
    maker.lower();
    CHECK(maker.said() == Lines{"host-captured HTTPRoute apps/r spec.hostnames",
                                "host-captured Gateway infra/wide spec.listeners[0]"});
    CHECK(maker.diagnostics().items()[0].detail.find("\"a.x\"") != std::string::npos);
    CHECK(maker.diagnostics().items()[0].parent == 0);
    CHECK(maker.diagnostics().items()[1].listener == "all");
}

TEST_CASE("what a Gateway's own listeners isolate is no capture") {
    GraphMaker maker;
    const std::size_t own = maker.gateway("own", {{}, {.name = "n", .hostname = "a.x"}});
    maker.gateway("other", {{.hostname = "a.x"}});
    maker.gateway("third", {{.hostname = "b.x", .entry_point = "elsewhere"}});
    maker.route("r", one_rule(), {{own, 0, {{"a.x", "a.x"}, {"b.x", "b.x"}}}});
    maker.lower();
    CHECK(maker.said().empty());
}

}  // namespace
}  // namespace gatefile::ir::test
