// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <chrono>

#include "graph_maker.hpp"

namespace gatefile::ir::test {
namespace {

using std::chrono::milliseconds;

/// One route on one catch-all listener (port 80), with one rule.
struct OneRule {
    GraphMaker maker;
    explicit OneRule(api::HttpRouteRule rule, std::vector<ListenerPlan> plans = {{}}) {
        const std::size_t gateway = maker.gateway("g", plans);
        std::vector<GraphMaker::Where> places;
        for (std::size_t i = 0; i < plans.size(); ++i)
            places.push_back({gateway, i, {{"", ""}}});
        maker.route("r", {std::move(rule)}, places);
    }
    graph::Rule& rule() { return maker.graph().routes[0].rules[0]; }
    Config lower() { return maker.lower(); }
    Rule only() {
        Config config = lower();
        REQUIRE(config.rules.size() == 1);
        return config.rules[0];
    }
};

api::HttpRouteRule redirecting(api::RequestRedirect redirect) {
    api::HttpRouteRule rule = GraphMaker::rule({GraphMaker::prefix("/")});
    rule.backend_refs.clear();
    rule.filters.push_back(std::move(redirect));
    return rule;
}

TEST_CASE("prefixes lose their trailing slash and paths their needless encoding") {
    OneRule fixture(GraphMaker::rule({GraphMaker::prefix("/a/"),
                                      GraphMaker::prefix("/"),
                                      GraphMaker::prefix("/%66oo%20b%2fr/"),
                                      GraphMaker::exact("/a/")}));
    std::vector<std::string> values;
    const Config config = fixture.lower();
    for (const Entry& entry : config.listeners[0].hosts[0].entries) {
        values.push_back(entry.match.path.value);
    }
    CHECK(values == std::vector<std::string>{"/a/", "/foo b%2Fr", "/a", "/"});
}

TEST_CASE("of header matches with one name in any case the first counts, of parameters exactly") {
    api::HttpRouteMatch match = GraphMaker::prefix("/");
    match.headers = {{api::ValueMatchType::Exact, "X-B", "1"},
                     {api::ValueMatchType::Exact, "x-b", "2"},
                     {api::ValueMatchType::RegularExpression, "A", "3"}};
    match.query_params = {{api::ValueMatchType::Exact, "q", "1"},
                          {api::ValueMatchType::Exact, "Q", "2"},
                          {api::ValueMatchType::Exact, "q", "3"}};
    OneRule fixture(GraphMaker::rule({match}));
    const Config config = fixture.lower();
    const Match& lowered = config.listeners[0].hosts[0].entries[0].match;
    CHECK(lowered.headers ==
          std::vector<ValueMatch>{{ValueKind::Regex, "A", "3"}, {ValueKind::Exact, "X-B", "1"}});
    CHECK(lowered.query ==
          std::vector<ValueMatch>{{ValueKind::Exact, "Q", "2"}, {ValueKind::Exact, "q", "1"}});
}

TEST_CASE("weights: zero is dropped, what fails keeps its share") {
    api::HttpRouteRule rule = GraphMaker::rule({GraphMaker::prefix("/")});
    rule.backend_refs.resize(3);
    rule.backend_refs[0].weight = 0;
    rule.backend_refs[1].weight = 3;
    rule.backend_refs[2].weight = 7;
    OneRule fixture(rule);
    fixture.rule().backends[1].backend.fails = true;
    const Rule lowered = fixture.only();
    const auto& forward = std::get<Forward>(lowered.action);
    REQUIRE(forward.members.size() == 2);
    CHECK(forward.members[0].ref == 1);
    CHECK_FALSE(forward.members[0].backend);
    CHECK(forward.members[0].weight == 3);
    CHECK(forward.members[1].ref == 2);
    CHECK(forward.members[1].backend == 0);
}

TEST_CASE("nothing to forward to answers 500") {
    SUBCASE("no backendRefs") {
        api::HttpRouteRule rule = GraphMaker::rule({GraphMaker::prefix("/")});
        rule.backend_refs.clear();
        CHECK(std::holds_alternative<Fail>(OneRule(rule).only().action));
    }
    SUBCASE("all weights zero") {
        api::HttpRouteRule rule = GraphMaker::rule({GraphMaker::prefix("/")});
        rule.backend_refs[0].weight = 0;
        CHECK(std::holds_alternative<Fail>(OneRule(rule).only().action));
    }
    SUBCASE("all backends fail") {
        OneRule fixture(GraphMaker::rule({GraphMaker::prefix("/")}));
        fixture.rule().backends[0].backend.fails = true;
        CHECK(std::holds_alternative<Fail>(fixture.only().action));
    }
    SUBCASE("an invalid rule, even one that redirects") {
        OneRule fixture(redirecting({.scheme = "https"}));
        fixture.rule().valid = false;
        CHECK(std::holds_alternative<Fail>(fixture.only().action));
    }
    SUBCASE("a filter that is not known") {
        api::HttpRouteRule rule = GraphMaker::rule({GraphMaker::prefix("/")});
        rule.filters.push_back(api::ExtensionRef{"g", "k", "n"});
        CHECK(std::holds_alternative<Fail>(OneRule(rule).only().action));
    }
}

TEST_CASE("a backend behind a filter that is not known fails alone") {
    api::HttpRouteRule rule = GraphMaker::rule({GraphMaker::prefix("/")});
    rule.backend_refs.resize(2);
    rule.backend_refs[0].filters.push_back(api::ExtensionRef{"g", "k", "n"});
    const Rule lowered = OneRule(rule).only();
    const auto& forward = std::get<Forward>(lowered.action);
    CHECK_FALSE(forward.members[0].backend);
    CHECK(forward.members[1].backend);
}

TEST_CASE("backends that are equal are one") {
    api::HttpRouteRule rule = GraphMaker::rule({GraphMaker::prefix("/")});
    rule.backend_refs.resize(3);
    OneRule fixture(rule);
    fixture.rule().backends[2].backend.protocol = graph::BackendProtocol::H2c;
    const Config config = fixture.lower();
    REQUIRE(config.backends.size() == 2);
    CHECK(config.backends[0].endpoints == std::vector<Endpoint>{{"10.0.0.1", 8080}});
    CHECK(config.backends[1].protocol == BackendProtocol::H2c);
}

TEST_CASE("redirect ports follow HTTPRequestRedirectFilter.port") {
    struct Case {
        api::RequestRedirect redirect;
        ListenerPlan listener;
        std::optional<std::uint16_t> port;
        std::string variant;
    };
    const std::vector<Case> cases{
        {{}, {.port = 80}, {}, "80-http"},
        {{}, {.port = 8080}, 8080, "8080-http"},
        {{}, {.port = 443, .tls = true}, {}, "443-https"},
        {{}, {.port = 443}, 443, "443-http"},
        {{.scheme = "https"}, {.port = 8080}, {}, ""},
        {{.scheme = "http"}, {.port = 443, .tls = true}, {}, ""},
        {{.scheme = "https", .port = 443}, {}, {}, ""},
        {{.scheme = "https", .port = 80}, {}, 80, ""},
        {{.port = 80}, {.port = 8080}, {}, "8080-http"},
        {{.port = 80}, {.port = 443, .tls = true}, 80, "443-https"},
    };
    for (const Case& one : cases) {
        OneRule fixture(redirecting(one.redirect), {one.listener});
        const Rule rule = fixture.only();
        CAPTURE(one.variant);
        CHECK(std::holds_alternative<Answer>(rule.action));
        CHECK(std::get<Redirect>(rule.filters.at(0)).port == one.port);
        CHECK(std::get<Redirect>(rule.filters.at(0)).scheme == one.redirect.scheme);
        CHECK(rule.variant == one.variant);
    }
}

TEST_CASE("a redirect without scheme has one rule for each port, others one in all") {
    const std::vector<ListenerPlan> plans{{.port = 80, .entry_point = "a"},
                                          {.port = 8080, .entry_point = "b"},
                                          {.port = 80, .entry_point = "c"}};
    CHECK(OneRule(redirecting({}), plans).lower().rules.size() == 2);
    CHECK(OneRule(redirecting({.scheme = "https"}), plans).lower().rules.size() == 1);
}

TEST_CASE("ReplacePrefixMatch knows the prefix of each match") {
    api::HttpRouteRule rule =
        GraphMaker::rule({GraphMaker::prefix("/long/"), GraphMaker::prefix("/b")});
    rule.filters.push_back(api::UrlRewrite{
        .path = api::PathModifier{api::PathModifierType::ReplacePrefixMatch, "/new"}});
    const Config config = OneRule(rule).lower();
    REQUIRE(config.rules.size() == 2);
    const auto prefix_of = [](const Rule& one) {
        return std::get<PrefixPath>(*std::get<Rewrite>(one.filters[0]).path);
    };
    CHECK(prefix_of(config.rules[0]) == PrefixPath{"/long", "/new"});
    CHECK(config.rules[0].variant == "match0");
    CHECK(prefix_of(config.rules[1]) == PrefixPath{"/b", "/new"});
    CHECK(config.rules[1].variant == "match1");
}

TEST_CASE("ReplacePrefixMatch without a prefix cannot be served") {
    api::HttpRouteRule rule = GraphMaker::rule({GraphMaker::exact("/a")});
    rule.filters.push_back(api::UrlRewrite{
        .path = api::PathModifier{api::PathModifierType::ReplacePrefixMatch, "/new"}});
    CHECK(std::holds_alternative<Fail>(OneRule(rule).only().action));
}

TEST_CASE("filters keep their order, mirrors to nowhere are left out") {
    api::HttpRouteRule rule = GraphMaker::rule({GraphMaker::prefix("/")});
    api::RequestHeaderModifier modifier;
    modifier.set = {{"X-A", "1"}, {"x-a", "2"}};
    modifier.add = {{"X-B", "1"}};
    modifier.remove = {"X-C"};
    rule.filters = {api::RequestMirror{.percent = 50},
                    api::RequestMirror{},
                    modifier,
                    api::RequestMirror{.percent = 0},
                    api::RequestMirror{.fraction = api::RequestMirror::Fraction{1, 3}}};
    OneRule fixture(rule);
    graph::Backend backend;
    backend.name = "mirror";
    for (graph::Filter& filter : fixture.rule().filters) {
        if (std::holds_alternative<api::RequestMirror>(*filter.spec)) filter.mirror = backend;
    }
    fixture.rule().filters[1].mirror->fails = true;
    const Rule lowered = fixture.only();
    REQUIRE(lowered.filters.size() == 3);
    CHECK(std::get<Mirror>(lowered.filters[0]) == Mirror{0, 50, 100});
    const HeaderChange& change = std::get<RequestHeaders>(lowered.filters[1]).change;
    CHECK(change.set == std::vector<Header>{{"X-A", "1"}});
    CHECK(change.add == std::vector<Header>{{"X-B", "1"}});
    CHECK(change.remove == std::vector<std::string>{"X-C"});
    CHECK(std::get<Mirror>(lowered.filters[2]) == Mirror{0, 1, 3});
}

TEST_CASE("zero means none for timeouts and retries") {
    api::HttpRouteRule rule = GraphMaker::rule({GraphMaker::prefix("/")});
    rule.timeouts = {.request = milliseconds(0), .backend_request = milliseconds(5)};
    rule.retry = {.attempts = 0};
    const Rule none = OneRule(rule).only();
    CHECK_FALSE(none.request_timeout);
    CHECK(none.backend_timeout == milliseconds(5));
    CHECK_FALSE(none.retry);
    rule.retry = {.codes = {500}, .attempts = 2, .backoff = milliseconds(0)};
    CHECK(OneRule(rule).only().retry == Retry{2, {500}, {}});
}

TEST_CASE("session persistence by cookie") {
    api::HttpRouteRule rule = GraphMaker::rule({GraphMaker::prefix("/")});
    rule.session_persistence = {.type = "Cookie",
                                .cookie = api::SessionPersistence::Cookie{"id", "/p", "Permanent"},
                                .absolute_timeout = milliseconds(60000)};
    CHECK(OneRule(rule).only().stickiness == Stickiness{"id", "/p", milliseconds(60000)});
    rule.session_persistence->cookie->lifetime_type = "Session";
    CHECK(OneRule(rule).only().stickiness == Stickiness{"id", "/p", {}});
}

}  // namespace
}  // namespace gatefile::ir::test
