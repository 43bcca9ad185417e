// SPDX-License-Identifier: Apache-2.0
#include "gatefile/ir/match.hpp"

#include <doctest/doctest.h>

namespace gatefile::ir {
namespace {

Entry prefix_entry(std::string path, std::size_t rule) {
    return {.match = {.path = {PathKind::Prefix, std::move(path)}}, .rule = rule};
}

/// The rule that takes a request.
std::optional<std::size_t> rule_for(const Config& config, const Request& request) {
    const std::optional<Outcome> outcome = Matcher(config).match(request);
    if (!outcome) return std::nullopt;
    return config.listeners[outcome->listener].hosts[outcome->host].entries[outcome->entry].rule;
}

Config one_entry(Match match) {
    Config config;
    config.listeners.push_back({.entry_point = "web"});
    config.listeners[0].hosts.push_back({.hostname = ""});
    config.listeners[0].hosts[0].entries.push_back({.match = std::move(match)});
    return config;
}

bool takes(const Match& match, Request request) {
    request.entry_point = "web";
    return rule_for(one_entry(match), request).has_value();
}

TEST_CASE("hostname patterns") {
    CHECK(hostname_covers("", "a.x"));
    CHECK(hostname_covers("a.x", "a.x"));
    CHECK_FALSE(hostname_covers("a.x", "b.a.x"));
    CHECK(hostname_covers("*.x", "a.x"));
    CHECK(hostname_covers("*.x", "b.a.x"));
    CHECK_FALSE(hostname_covers("*.x", "x"));
    CHECK_FALSE(hostname_covers("*.x", ".x"));
    CHECK_FALSE(hostname_covers("*.x", "ax"));
}

TEST_CASE("prefixes match whole segments, exact paths everything") {
    const PathMatch prefix{PathKind::Prefix, "/foo"};
    CHECK(path_matches(prefix, "/foo"));
    CHECK(path_matches(prefix, "/foo/"));
    CHECK(path_matches(prefix, "/foo/bar"));
    CHECK_FALSE(path_matches(prefix, "/foobar"));
    CHECK_FALSE(path_matches(prefix, "/"));
    CHECK(path_matches({PathKind::Prefix, "/"}, "/anything"));
    const PathMatch exact{PathKind::Exact, "/foo"};
    CHECK(path_matches(exact, "/foo"));
    CHECK_FALSE(path_matches(exact, "/foo/"));
    CHECK(path_matches({PathKind::Exact, "/foo/"}, "/foo/"));
}

TEST_CASE("paths are compared as Traefik routes them") {
    const auto routed_as = [](std::string_view sent, std::string value) {
        return path_matches({PathKind::Exact, std::move(value)}, sent);
    };
    CHECK(routed_as("/%66oo%20bar", "/foo bar"));
    CHECK(routed_as("/a%2fb", "/a%2Fb"));
    CHECK_FALSE(routed_as("/a%2fb", "/a/b"));
    CHECK(routed_as("/%2541", "/%2541"));
    CHECK(routed_as("//a///b", "/a/b"));
    CHECK(routed_as("/a/../b/./c/..", "/b"));
    CHECK(routed_as("/a/%2e%2E/b", "/b"));
    CHECK(routed_as("/a/b/../", "/a/"));
    CHECK(routed_as("/../..", "/"));
    CHECK(routed_as("/a/.", "/a"));
    CHECK(routed_as("/a%2", "/a%2"));
    CHECK(routed_as("/a%", "/a%"));
    CHECK(routed_as("/%zz", "/%zz"));
}

TEST_CASE("headers: names in any case, one line is enough, lists are not split") {
    const Match match{.headers = {{ValueKind::Exact, "X-A", "v"}}};
    CHECK(takes(match, {.headers = {{"x-a", "v"}}}));
    CHECK(takes(match, {.headers = {{"X-A", "w"}, {"X-a", "v"}}}));
    CHECK_FALSE(takes(match, {.headers = {{"X-A", "v,w"}}}));
    CHECK_FALSE(takes(match, {.headers = {{"X-A", "V"}}}));
    CHECK_FALSE(takes(match, {}));
}

TEST_CASE("query parameters: names exactly, one occurrence is enough") {
    const Match match{.query = {{ValueKind::Exact, "q", "v"}}};
    CHECK(takes(match, {.query = {{"q", "w"}, {"q", "v"}}}));
    CHECK_FALSE(takes(match, {.query = {{"Q", "v"}}}));
}

TEST_CASE("regular expressions are searched") {
    const Match path{.path = {PathKind::Regex, "/v[0-9]+/"}};
    CHECK(takes(path, {.path = "/api/v12/x"}));
    CHECK_FALSE(takes(path, {.path = "/api/v/x"}));
    const Match header{.headers = {{ValueKind::Regex, "A", "^[a-c]$"}}};
    CHECK(takes(header, {.headers = {{"a", "b"}}}));
    CHECK_FALSE(takes(header, {.headers = {{"a", "bb"}}}));
    CHECK_FALSE(takes({.query = {{ValueKind::Regex, "a", "("}}}, {.query = {{"a", "("}}}));
}

TEST_CASE("methods are exact") {
    CHECK(takes({.method = "GET"}, {}));
    CHECK_FALSE(takes({.method = "GET"}, {.method = "HEAD"}));
}

TEST_CASE("the most specific listener keeps its requests, hosts within it fall through") {
    Config config;
    config.listeners.push_back({.entry_point = "web", .hostname = "*.foo.x"});
    config.listeners.push_back({.entry_point = "web", .hostname = ""});
    config.listeners[0].hosts = {
        {"a.foo.x", {prefix_entry("/deep", 1)}},
        {"*.foo.x", {prefix_entry("/wide", 2)}},
    };
    config.listeners[1].hosts = {{"", {prefix_entry("/", 3)}}};
    const auto at = [&](std::string host, std::string path) {
        return rule_for(config,
                        {.entry_point = "web", .host = std::move(host), .path = std::move(path)});
    };
    CHECK(at("a.foo.x", "/deep") == 1);
    CHECK(at("A.FOO.x:8080", "/deep") == 1);
    CHECK(at("a.foo.x.", "/deep") == 1);
    CHECK(at("a.foo.x", "/wide") == 2);
    CHECK(at("b.a.foo.x", "/wide") == 2);
    CHECK(at("a.foo.x", "/other") == std::nullopt);
    CHECK(at("foo.x", "/other") == 3);
    CHECK(at("", "/") == 3);
    CHECK(at("[::1]:80", "/") == 3);
    CHECK(rule_for(config, {.entry_point = "other", .host = "a.foo.x"}) == std::nullopt);
    CHECK(rule_for(config, {.entry_point = "web", .tls = true, .host = "y"}) == std::nullopt);
}

TEST_CASE("entries are tried in order") {
    Config config;
    config.listeners.push_back({.entry_point = "web"});
    config.listeners[0].hosts = {{"", {prefix_entry("/", 1), prefix_entry("/a", 2)}}};
    CHECK(rule_for(config, {.entry_point = "web", .path = "/a"}) == 1);
}

}  // namespace
}  // namespace gatefile::ir
