// SPDX-License-Identifier: Apache-2.0
#include "hold.hpp"

#include <doctest/doctest.h>

using namespace gatefile;
using agent::Hold;

TEST_CASE("a hold reads back as it was written") {
    Hold hold{.since = {1'700'000'000}, .reason = "new is \\\"broken\\\"", .rolled_back_to = {}};
    CHECK(agent::parse_hold(agent::write_hold(hold)) == hold);
    hold.rolled_back_to = {{7, "abcdef"}};
    hold.reason.clear();
    CHECK(agent::parse_hold(agent::write_hold(hold)) == hold);
    hold.inner_secret = "0123abcd";
    CHECK(agent::parse_hold(agent::write_hold(hold)) == hold);
    CHECK(agent::describe(hold).find("0123abcd") == std::string::npos);
}

TEST_CASE("a damaged hold is none") {
    CHECK_FALSE(agent::parse_hold(""));
    CHECK_FALSE(agent::parse_hold("gatefile hold 1\n"));
    CHECK_FALSE(agent::parse_hold("gatefile hold 2\nsince 2026-11-29T10:00:00Z\n"));
    CHECK_FALSE(agent::parse_hold("gatefile hold 1\nsince yesterday\n"));
    CHECK_FALSE(agent::parse_hold("gatefile hold 1\nsince 2026-11-29T10:00:00Z\nrollback x y\n"));
    CHECK_FALSE(agent::parse_hold("gatefile hold 1\nsince 2026-11-29T10:00:00Z"));
}

TEST_CASE("whose servers are held is told of what is held only") {
    const std::string text = agent::write_held_backends("abc", "r s\n");
    CHECK(agent::parse_held_backends(text, "abc") == "r s\n");
    CHECK(agent::parse_held_backends(text, "ab").empty());
    CHECK(agent::parse_held_backends(text, "abcd").empty());
    CHECK(agent::parse_held_backends("", "abc").empty());
}

TEST_CASE("a reason is one line of printable text") {
    CHECK(agent::tidy_reason("  the weekend ") == "the weekend");
    const std::string tidy = agent::tidy_reason("a\nb\x1b[31m");
    CHECK(tidy.find('\n') == std::string::npos);
    CHECK(tidy.find('\x1b') == std::string::npos);
    CHECK(agent::tidy_reason(std::string(1000, 'x')).size() < 210);
}
