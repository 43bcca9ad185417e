// SPDX-License-Identifier: Apache-2.0
#include "gatefile/traefik/dynamic_diff.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace gatefile::traefik {
namespace {

std::vector<PartChange> changes(const std::string& before, const std::string& after) {
    const auto found = diff_dynamic({{"old/gatefile.json", before}}, {{"new/gatefile.yml", after}});
    REQUIRE(found);
    return *found;
}

TEST_CASE("formats do not matter, nor the order of keys") {
    CHECK(changes("{\"http\": {\"routers\": {\"r\": {\"rule\": \"x\", \"priority\": 1}}}}",
                  "http: {routers: {r: {priority: 1, rule: x}}}")
              .empty());
}

/// In JSON, which is YAML too.
std::string with_marks(const std::string& mark, const std::string& generation) {
    return "{\"http\": {\"routers\": {\"hop\": {\"rule\": \"Header(`X-Gatefile-Hop`, `" + mark +
           "`)\"}}, \"middlewares\": {\"mark\": {\"headers\": {\"customRequestHeaders\": "
           "{\"X-Gatefile-Hop\": \"" +
           mark + "\"}}}, \"gatefile-generation\": {\"x\": \"" + generation + "\"}}}}";
}

TEST_CASE("what is drawn at each start is passed over") {
    CHECK(changes(with_marks(std::string(32, 'a'), "1"), with_marks(std::string(32, 'b'), "2"))
              .empty());
}

TEST_CASE("changed fields are named, and no secret is shown") {
    const auto found =
        changes("{\"http\": {\"middlewares\": {\"a\": {\"basicAuth\": {\"users\": [\"u:one\"], "
                "\"removeHeader\": false}}}}}",
                "http: {middlewares: {a: {basicAuth: {users: [\"u:two\"], removeHeader: true}}}}");
    REQUIRE(found.size() == 1);
    CHECK(found[0].part == "http.middlewares.a");
    CHECK(found[0].fields ==
          std::vector<std::string>{"basicAuth.removeHeader true, before false",
                                   "basicAuth.users[0] (not shown), before (not shown)"});
}

TEST_CASE("a file that is none is named") {
    const auto found = diff_dynamic({{"old.yml", "a: ["}}, {});
    REQUIRE(!found);
    CHECK(found.error().kind == base::ErrorKind::Usage);
    CHECK(found.error().text.starts_with("\"old.yml\": "));
}

}  // namespace
}  // namespace gatefile::traefik
