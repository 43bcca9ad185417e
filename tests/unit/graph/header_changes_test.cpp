// SPDX-License-Identifier: Apache-2.0
#include "../../../src/graph/header_changes.hpp"

#include <doctest/doctest.h>

namespace gatefile::graph {
namespace {

TEST_CASE("one name in two lists makes a filter invalid, whatever its case") {
    const auto faults = find_header_faults({.set = {{"X-A", "1"}}, .remove = {"x-a"}});
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].code == diag::Code::FiltersIncompatible);
    CHECK(std::string_view(faults[0].field) == "remove");
}

TEST_CASE("of equivalent names in one list the first counts") {
    const auto faults = find_header_faults({.add = {{"X-A", "1"}, {"x-a", "2"}}});
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].code == diag::Code::HeaderRepeated);
    CHECK(faults[0].index == 1);
}

TEST_CASE("what cannot be sent literally is refused") {
    CHECK(find_header_faults({.set = {{"X-A", "a\r\nB: c"}}}).size() == 1);
    CHECK(find_header_faults({.add = {{"X-A", std::string("a\0b", 3)}}}).size() == 1);
    CHECK(find_header_faults({.remove = {""}}).size() == 1);
    CHECK(find_header_faults({.remove = {"a b"}}).size() == 1);
    CHECK(find_header_faults({.set = {{"X-A", "tab\tand {{ ` \" '"}}, .remove = {"x!"}}).empty());
}

}  // namespace
}  // namespace gatefile::graph
