// SPDX-License-Identifier: Apache-2.0
#include "gatefile/base/strings.hpp"

#include <doctest/doctest.h>

#include <array>
#include <limits>

namespace gatefile::base {

TEST_CASE("split keeps empty pieces and join is its inverse") {
    CHECK(split("", ',') == std::vector<std::string_view>{""});
    CHECK(split("a,,b,", ',') == std::vector<std::string_view>{"a", "", "b", ""});
    const std::vector<std::string> parts = {"a", "", "b"};
    CHECK(join(parts, ", ") == "a, , b");
    CHECK(join({}, ", ").empty());
}

TEST_CASE("case and blanks are ASCII only") {
    CHECK(to_lower("AbZ-\xC3\x84") == "abz-\xC3\x84");
    CHECK(equals_ignoring_case("X-Forwarded", "x-forwarded"));
    CHECK_FALSE(equals_ignoring_case("a", "ab"));
    CHECK(trim(" \t\r\n a b \v\f") == "a b");
    CHECK(trim(" \n").empty());
}

TEST_CASE("parse_int takes whole decimal numbers only") {
    CHECK(parse_int("0") == 0);
    CHECK(parse_int("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
    CHECK(parse_int("9223372036854775807") == std::numeric_limits<std::int64_t>::max());
    for (const std::string_view bad :
         {"", "-", "+1", " 1", "1 ", "1.0", "0x1", "1e3", "9223372036854775808"})
        CHECK_FALSE(parse_int(bad).has_value());
}

TEST_CASE("nearest finds slips and nothing else") {
    constexpr std::array<std::string_view, 4> fields = {
        "hostname", "hostnames", "parentRefs", "rules"};
    CHECK(nearest("hostnmaes", fields) == "hostnames");
    CHECK(nearest("parentrefs", fields) == "parentRefs");
    CHECK(nearest("rule", fields) == "rules");
    CHECK(nearest("weight", fields).empty());
    CHECK(nearest("", fields).empty());
    CHECK(nearest("ab", std::array<std::string_view, 1>{"xy"}).empty());
    CHECK(nearest(std::string(1'000'000, 'h'), fields).empty());
}

}  // namespace gatefile::base
