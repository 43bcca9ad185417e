// SPDX-License-Identifier: Apache-2.0
#include "gatefile/base/regex_set.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using gatefile::base::RegexSet;

TEST_CASE("of many patterns the first that is found counts") {
    const std::vector<std::string> patterns{"^b\\.", "(", R"(^\w+\.x$)", "x", R"(\Qa.y\E\z)"};
    const RegexSet set(patterns);
    CHECK(set.first_in("b.x") == 0);
    CHECK(set.first_in("a.x") == 2);
    CHECK(set.first_in("a.b.x") == 3);
    CHECK(set.first_in("a.y") == 4);
    CHECK_FALSE(set.first_in("c.z"));
}

TEST_CASE("no patterns, and none that are any, are found nowhere") {
    CHECK_FALSE(RegexSet({}).first_in("a"));
    const std::vector<std::string> broken{"(", "[", "(?P<"};
    CHECK_FALSE(RegexSet(broken).first_in("a"));
}
