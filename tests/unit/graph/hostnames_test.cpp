// SPDX-License-Identifier: Apache-2.0
#include "../../../src/graph/hostnames.hpp"

#include <doctest/doctest.h>

namespace gatefile::graph {
namespace {

using Written = std::vector<std::string>;

/// "hostname<written" each.
std::vector<std::string> effective(std::string_view listener, const Written& route) {
    std::vector<std::string> text;
    for (const EffectiveHostname& one : effective_hostnames(listener, route)) {
        text.push_back(one.hostname + "<" + one.written);
    }
    return text;
}

TEST_CASE("a wildcard covers any number of labels but not the apex") {
    CHECK(hostname_within("a.x", "*.x"));
    CHECK(hostname_within("b.a.x", "*.x"));
    CHECK(hostname_within("*.a.x", "*.x"));
    CHECK_FALSE(hostname_within("x", "*.x"));
    CHECK_FALSE(hostname_within(".x", "*.x"));
    CHECK_FALSE(hostname_within("ax", "*.x"));
    CHECK_FALSE(hostname_within("*.x", "a.x"));
    CHECK_FALSE(hostname_within("", "*.x"));
    CHECK(hostname_within("*.x", "*.x"));
    CHECK(hostname_within("anything", ""));
}

TEST_CASE("what a route has on a listener is the narrower of both") {
    CHECK(effective("", {}) == Written{"<"});
    CHECK(effective("a.x", {}) == Written{"a.x<"});
    CHECK(effective("", {"b.x"}) == Written{"b.x<b.x"});
    CHECK(effective("a.x", {"*.x"}) == Written{"a.x<*.x"});
    CHECK(effective("*.x", {"a.x", "b.a.x"}) == Written{"a.x<a.x", "b.a.x<b.a.x"});
    CHECK(effective("*.a.x", {"*.x"}) == Written{"*.a.x<*.x"});
    CHECK(effective("*.x", {"*.a.x"}) == Written{"*.a.x<*.a.x"});
    CHECK(effective("*.x", {"x", "a.y"}).empty());
}

TEST_CASE("hostnames that do not match are left out, the others stay") {
    CHECK(effective("*.x", {"a.y", "a.x"}) == Written{"a.x<a.x"});
}

TEST_CASE("of hostnames that come to the same, the most specific as written is kept") {
    CHECK(effective("a.x.org", {"*.org", "*.x.org"}) == Written{"a.x.org<*.x.org"});
    CHECK(effective("a.x.org", {"a.x.org", "*.x.org"}) == Written{"a.x.org<a.x.org"});
    CHECK(effective("a.x.org", {"*.x.org", "a.x.org"}) == Written{"a.x.org<a.x.org"});
}

TEST_CASE("case does not count") {
    CHECK(effective("*.x", {"A.X"}) == Written{"a.x<a.x"});
}

}  // namespace
}  // namespace gatefile::graph
