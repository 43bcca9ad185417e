// SPDX-License-Identifier: Apache-2.0
#include "gatefile/base/call_arguments.hpp"

#include <doctest/doctest.h>

using gatefile::base::call_arguments;
using gatefile::base::has_negation;
using Words = std::vector<std::string>;

TEST_CASE("the arguments of a function are found wherever it is called") {
    CHECK(call_arguments("Host(`a.x`) && PathPrefix(`/b`)", "Host") == Words{"a.x"});
    CHECK(call_arguments("Host(`a.x`, \"b.x\") || (Path(`/c`) && !Host(`d.x`))", "Host") ==
          Words{"a.x", "b.x", "d.x"});
}

TEST_CASE("names that only contain the function, and what arguments say, are no calls") {
    CHECK(call_arguments("HostRegexp(`^a$`) && MyHost(`a.x`)", "Host").empty());
    CHECK(call_arguments("Query(`q`, `Host(b.x)`)", "Host").empty());
    CHECK(call_arguments("Header(`q`, \"Host(`b.x`)\")", "Host").empty());
}

TEST_CASE("what is not closed ends the search") {
    CHECK(call_arguments("Host(`a.x", "Host").empty());
    CHECK(call_arguments("Host(`a.x`) && Host(`b", "Host") == Words{"a.x"});
    CHECK(call_arguments("", "Host").empty());
}

TEST_CASE("functions are called in any case and with all that Go allows") {
    CHECK(call_arguments("HOST(`a.x`) || host (`b.x`)", "Host") == Words{"a.x", "b.x"});
    CHECK(call_arguments("Host\n/* ` */ (`a.x`)", "Host") == Words{"a.x"});
    CHECK(call_arguments("Query(`q`, \"\\\"\") && Host(`a.x`)", "Host") == Words{"a.x"});
    CHECK(call_arguments("Host(\"\\x61\\u002ex\\170\")", "Host") == Words{"a.xx"});
    CHECK(call_arguments("Host(\"a\\", "Host").empty());
}

TEST_CASE("a negation is one outside of strings and comments") {
    CHECK(has_negation("!Host(`a.x`)"));
    CHECK(has_negation("Host(`a.x`) && ! (Path(`/`))"));
    CHECK_FALSE(has_negation("Host(`!a.x`) && Path(\"!\") /* ! */"));
    CHECK_FALSE(has_negation("Host(`!"));
}
