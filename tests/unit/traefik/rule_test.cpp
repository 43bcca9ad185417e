// SPDX-License-Identifier: Apache-2.0
#include "rule.hpp"

#include <doctest/doctest.h>

#include <string>

namespace ir = gatefile::ir;
using namespace gatefile::traefik;

namespace {

std::string text(Rule rule) {
    return std::move(rule).text();
}

ir::Match path(ir::PathKind kind, std::string value) {
    ir::Match match;
    match.path = {kind, std::move(value)};
    return match;
}

}  // namespace

TEST_CASE("a prefix matches whole segments only") {
    CHECK(text(match_rule(path(ir::PathKind::Prefix, "/v2"))) ==
          "PathPrefix(`/v2`) && (Path(`/v2`) || PathPrefix(`/v2/`))");
    CHECK(text(match_rule(path(ir::PathKind::Prefix, "/"))) == "Host(`*`)");
    CHECK(text(match_rule(path(ir::PathKind::Exact, "/v2"))) == "Path(`/v2`)");
    CHECK(text(match_rule(path(ir::PathKind::Regex, "/v[0-9]"))) == "PathRegexp(`/v[0-9]`)");
}

TEST_CASE("a disjunction is put in parentheses inside a conjunction, on either side") {
    ir::Match match = path(ir::PathKind::Prefix, "/a");
    match.method = "GET";
    CHECK(text(match_rule(match)) ==
          "Method(`GET`) && PathPrefix(`/a`) && (Path(`/a`) || PathPrefix(`/a/`))");
    CHECK(text(all_of(hostname_rule("a.x"), match_rule(path(ir::PathKind::Prefix, "/a")))) ==
          "Host(`a.x`) && PathPrefix(`/a`) && (Path(`/a`) || PathPrefix(`/a/`))");
    CHECK(text(all_of(Rule(), hostname_rule("a.x"))) == "Host(`a.x`)");
}

TEST_CASE("hostnames: exact, over any number of labels, any") {
    CHECK(text(hostname_rule("a.x")) == "Host(`a.x`)");
    CHECK(text(hostname_rule("*.a.x")) == R"(HostRegexp(`^.+\.a\.x\.?$`))");
    CHECK(hostname_rule("").always());
}

TEST_CASE("server names: exact, over any number of labels, all but some") {
    CHECK(server_name_rule("a.example").text() == "HostSNI(`a.example`)");
    CHECK(server_name_rule("*.a.example").text() == "HostSNIRegexp(`^.+\\.a\\.example\\.?$`)");
    CHECK(server_name_rule("").always());
    CHECK(all_of(server_name_rule("a"), no(server_name_rule("b"))).text() ==
          "HostSNI(`a`) && !HostSNI(`b`)");
    CHECK(no(server_name_rule("a`\"")).text() == "!HostSNI(\"a`\\\"\")");
}

TEST_CASE("empty values, which Traefik refuses as arguments, are patterns") {
    ir::Match match;
    match.headers = {{ir::ValueKind::Exact, "X-A", ""}, {ir::ValueKind::Regex, "X-B", ""}};
    match.query = {{ir::ValueKind::Exact, "q", "1"}};
    CHECK(text(match_rule(match)) ==
          "HeaderRegexp(`X-A`, `^$`) && Query(`q`, `1`) && HeaderRegexp(`X-B`, `(?:)`)");
}
