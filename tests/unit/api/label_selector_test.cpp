// SPDX-License-Identifier: Apache-2.0
#include "gatefile/api/label_selector.hpp"

#include <doctest/doctest.h>

namespace gatefile::api {
namespace {

LabelSelector::Expression only(std::string_view text) {
    const auto parsed = parse_label_selector(text);
    REQUIRE(parsed);
    REQUIRE(parsed->match_expressions.size() == 1);
    return parsed->match_expressions.front();
}

TEST_CASE("every form that kubectl knows") {
    using Expression = LabelSelector::Expression;
    CHECK(only("network=dmz") == Expression{"network", "In", {"dmz"}});
    CHECK(only("network == dmz") == Expression{"network", "In", {"dmz"}});
    CHECK(only("network!=dmz") == Expression{"network", "NotIn", {"dmz"}});
    CHECK(only("network in (dmz, lan)") == Expression{"network", "In", {"dmz", "lan"}});
    CHECK(only("a.b/c notin (x)") == Expression{"a.b/c", "NotIn", {"x"}});
    CHECK(only("network") == Expression{"network", "Exists", {}});
    CHECK(only("!network") == Expression{"network", "DoesNotExist", {}});
    CHECK(only("network=") == Expression{"network", "In", {""}});
}

TEST_CASE("requirements are separated by commas outside parentheses") {
    const auto parsed = parse_label_selector("a in (b,c), !d ,e=f");
    REQUIRE(parsed);
    CHECK(parsed->match_expressions.size() == 3);
    CHECK(parse_label_selector("")->match_expressions.empty());
}

TEST_CASE("what is no requirement is refused by its text") {
    for (const char* text : {"a=b,", "=b", "a in b", "a in (b", "a within (b)", "a b", "a=b c"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_label_selector(text));
    }
}

}  // namespace
}  // namespace gatefile::api
