// SPDX-License-Identifier: Apache-2.0
#include "gatefile/analysis/diff.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace gatefile::analysis {
namespace {

/// A listener of any host on port 80, and rules that lead to Service shop/<name>.
struct Build {
    ir::Config config;

    Build() {
        config.routes = {{"HTTPRoute", "shop", "web"}};
        config.listeners.push_back({.entry_point = "web",
                                    .hostname = "",
                                    .sources = {{"shop", "gw", "http", 80, "", ""}},
                                    .tls = std::nullopt,
                                    .hosts = {}});
    }

    Build& rule(const std::string& hostname, ir::Match match, const std::string& service) {
        ir::Backend backend;
        backend.ns = "shop";
        backend.name = service;
        backend.port = 80;
        backend.endpoints = {{"10.0.0.1", 80}};
        config.backends.push_back(backend);
        ir::Forward forward;
        forward.members.push_back({.backend = config.backends.size() - 1});
        ir::Rule rule;
        rule.index = config.rules.size();
        rule.action = forward;
        config.rules.push_back(rule);
        auto& hosts = config.listeners.front().hosts;
        if (hosts.empty() || hosts.back().hostname != hostname) hosts.push_back({hostname, {}});
        hosts.back().entries.push_back({std::move(match), config.rules.size() - 1, 0});
        return *this;
    }
};

ir::Match prefix(const std::string& path) {
    return {.path = {ir::PathKind::Prefix, path}};
}

ir::Match with_header(const std::string& path, const std::string& name) {
    ir::Match match = prefix(path);
    match.headers = {{ir::ValueKind::Exact, name, "1"}};
    return match;
}

std::vector<diag::Code> codes(const Build& before, const Build& after) {
    std::vector<diag::Code> found;
    for (const Difference& difference : diff(before.config, after.config))
        found.push_back(difference.code);
    return found;
}

using Codes = std::vector<diag::Code>;

TEST_CASE("a wildcard's routes are lost to a host that is new") {
    Build before;
    before.rule("*.x", prefix("/"), "a").rule("*.x", prefix("/b"), "b");
    std::swap(before.config.listeners[0].hosts[0].entries[0],
              before.config.listeners[0].hosts[0].entries[1]);
    Build after;
    after.rule("h.x", prefix("/"), "a")
        .rule("*.x", prefix("/b"), "b")
        .rule("*.x", prefix("/"), "a");
    // h.x/b went to b through the wildcard; h.x's own "/" takes it now.
    const auto found = diff(before.config, after.config);
    const auto moved = std::ranges::find(found, diag::Code::DiffPathMoved, &Difference::code);
    REQUIRE(moved != found.end());
    CHECK(moved->subjects == std::vector<std::string>{"\"http://h.x/b/...\""});
}

TEST_CASE("what two headers decide together is found where neither alone changes") {
    Build before;
    before.rule("x", with_header("/", "one"), "a").rule("x", with_header("/", "two"), "b");
    Build after;
    after.rule("x", with_header("/", "two"), "b").rule("x", with_header("/", "one"), "a");
    CHECK(codes(before, after) == Codes{diag::Code::DiffOrderChanged});
}

TEST_CASE("a prefix that becomes exact is found below it") {
    Build before;
    before.rule("x", prefix("/a"), "a");
    Build after;
    after.rule("x", {.path = {ir::PathKind::Exact, "/a"}}, "a");
    CHECK(codes(before, after) == Codes{diag::Code::DiffPathRemoved});
}

TEST_CASE("weights in other terms are the same shares") {
    Build before;
    before.rule("x", prefix("/"), "a");
    Build after = before;
    std::get<ir::Forward>(after.config.rules[0].action).members[0].weight = 7;
    CHECK(codes(before, after).empty());
}

TEST_CASE("a rule without effect is a note, and nothing that fails") {
    Build before;
    before.rule("x", prefix("/"), "a");
    Build after = before;
    after.rule("x", prefix("/below"), "a");
    const auto found = diff(before.config, after.config);
    REQUIRE(found.size() == 1);
    CHECK(found[0].code == diag::Code::DiffNoEffect);
    CHECK(count(found).harmless == 0);
}

TEST_CASE("settings of a filter that may hold secrets are compared and not shown") {
    Build before;
    before.rule("x", prefix("/"), "a");
    Build after = before;
    const auto filter = [](const std::string& word) {
        auto settings = std::make_shared<tree::Value>();
        tree::set(*settings, "users", {base::SecretBytes(word)});
        return ir::ExtensionFilter{.ns = "shop",
                                   .name = "auth",
                                   .type = "basicAuth",
                                   .settings = settings,
                                   .service = std::nullopt};
    };
    before.config.rules[0].filters = {filter("open")};
    after.config.rules[0].filters = {filter("sesame")};
    const auto found = diff(before.config, after.config);
    REQUIRE(found.size() == 1);
    CHECK(found[0].code == diag::Code::DiffFiltersChanged);
    CHECK(print_diff_json(found).find("sesame") == std::string::npos);
}

TEST_CASE("no text of a stranger leaves its code span in Markdown") {
    const Difference difference{.code = diag::Code::DiffPathMoved,
                                .subjects = {"`` @team <b>"},
                                .now = "goes to `x`",
                                .was = "",
                                .before = std::nullopt,
                                .after = Place{.object = {},
                                               .path = {},
                                               .listener = "",
                                               .at = diag::SourcePosition{"a\n# b.yaml", 1, 1}},
                                .hint = ""};
    const std::string text = print_diff_markdown({difference});
    CHECK(text.find("- ``` `` @team <b> ```: `` goes to `x` ``") != std::string::npos);
    CHECK(text.find("`a?# b.yaml:1`") != std::string::npos);
}

}  // namespace
}  // namespace gatefile::analysis
