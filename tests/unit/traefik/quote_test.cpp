// SPDX-License-Identifier: Apache-2.0
#include "quote.hpp"

#include <doctest/doctest.h>

#include <string>

using gatefile::traefik::literal;

TEST_CASE("printable text stays readable between backquotes") {
    CHECK(literal("/shop") == "`/shop`");
    CHECK(literal(R"(^\d+"$)") == R"(`^\d+"$`)");
    CHECK(literal("") == "``");
}

TEST_CASE("what backquotes cannot hold is escaped between double quotes") {
    CHECK(literal("a`b") == R"("a`b")");
    CHECK(literal("`) || Host(`evil") == R"("`) || Host(`evil")");
    CHECK(literal("`\"\\") == R"("`\"\\")");
    CHECK(literal("a\nb\r\t") == R"("a\x0ab\x0d\x09")");
    CHECK(literal(std::string("\0x", 2)) == R"("\x00x")");
    CHECK(literal("\xc3\xa9\xff\x7f") == R"("\xc3\xa9\xff\x7f")");
}
