// SPDX-License-Identifier: Apache-2.0
#include "gatefile/base/regex_examples.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace gatefile::base {
namespace {

using Texts = std::vector<std::string>;

TEST_CASE("examples come from both ends of classes, short and long") {
    CHECK(regex_examples("^/v[0-9]/x$") == Texts{"/v0/x", "/v9/x"});
    CHECK(regex_examples("^(?:a|bc)+$") == Texts{"a", "bcbcbc", "bc"});
    CHECK(regex_examples("^/(a|b|c|d)$") == Texts{"/a", "/d", "/b", "/c"});
    CHECK(regex_examples("x{2,3}") == Texts{"xx", "xxx"});
    CHECK(regex_examples("^\\d[^a-y]\\.(?P<name>z)?$").front() == "00.");
}

TEST_CASE("what cannot be made is left out, not guessed") {
    CHECK(regex_examples("a\\bb").empty());
    CHECK(regex_examples("(").empty());
    CHECK(regex_examples("\\p{Greek}").empty());
    CHECK(regex_examples(std::string(200, '(') + std::string(200, ')')).empty());
    CHECK(regex_examples("(((((a{9}){9}){9}){9}){9}){9}").empty());
}

}  // namespace
}  // namespace gatefile::base
