// SPDX-License-Identifier: Apache-2.0
//
// What golden cases (testdata/lint) cannot show: fields of older versions of the API, and that very
// many entries of one host cost no more than they should.
#include "gatefile/analysis/lint.hpp"

#include <chrono>
#include <memory>
#include <string>

#include <doctest/doctest.h>

namespace gatefile::analysis {
namespace {

using namespace std::chrono_literals;

diag::Diagnostics lint_of(const graph::Graph& graph, const ir::Config& config) {
    diag::Diagnostics found;
    lint(graph, config, {}, found);
    return found;
}

diag::Diagnostics lint_of_session(std::chrono::milliseconds absolute,
                                  std::chrono::milliseconds idle) {
    api::HttpRoute route;
    route.meta.name = "r";
    api::SessionPersistence& session = route.rules.emplace_back().session_persistence.emplace();
    session.absolute_timeout = absolute;
    session.idle_timeout = idle;
    graph::Graph graph;
    graph.snapshot = std::make_shared<api::Snapshot>();
    graph::Route& judged = graph.routes.emplace_back();
    judged.spec = &route;
    judged.rules.emplace_back().spec = &route.rules.front();
    return lint_of(graph, {});
}

}  // namespace

TEST_CASE("a session that ends before it can be idle") {
    const diag::Diagnostics found = lint_of_session(1h, 2h);
    REQUIRE(found.items().size() == 1);
    CHECK(found.items().front().code == diag::Code::TimeoutsContradict);
    CHECK(found.items().front().path.text() == "spec.rules[0].sessionPersistence.idleTimeout");
    CHECK(lint_of_session(2h, 1h).empty());
    CHECK(lint_of_session(0s, 1h).empty());
}

TEST_CASE("the last of very many entries of one host is found to repeat the first") {
    constexpr std::size_t count = 20000;
    api::HttpRoute route;
    route.meta.name = "r";
    graph::Graph graph;
    graph.snapshot = std::make_shared<api::Snapshot>();
    graph.routes.emplace_back().spec = &route;
    ir::Config config;
    config.routes.push_back({"HTTPRoute", "", "r"});
    ir::Listener& listener = config.listeners.emplace_back();
    listener.sources.emplace_back();
    ir::Host& host = listener.hosts.emplace_back();
    for (std::size_t i = 0; i < count; ++i) {
        ir::Rule& rule = config.rules.emplace_back();
        rule.index = i;
        ir::Match match;
        match.headers = {{ir::ValueKind::Exact, "x", std::to_string(i % (count - 1))}};
        host.entries.push_back({std::move(match), i, 0});
    }
    const diag::Diagnostics found = lint_of(graph, config);
    REQUIRE(found.items().size() == 1);
    CHECK(found.items().front().code == diag::Code::RuleShadowed);
    CHECK(found.items().front().path.text() == "spec.rules[19999].matches[0]");
}

}  // namespace gatefile::analysis
