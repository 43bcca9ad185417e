// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "gatefile/base/regex.hpp"
#include "middlewares.hpp"
#include "paths.hpp"

namespace ir = gatefile::ir;
using namespace gatefile::traefik;

TEST_CASE("paths in the forms that middlewares want") {
    CHECK(escaped_path("a b$1%41%") == "/a%20b$1A%25");
    CHECK(decoded_path("/a%20b%zz") == "/a b%zz");
    CHECK(escaped_prefix("/sp ace%2F\xc3\xa9") == "/sp%20ace%2F%C3%A9");
}

TEST_CASE("a redirect's pattern takes the request apart, its replacement keeps user text literal") {
    const RedirectRegexMiddleware redirect =
        redirect_by_regex({.scheme = "https",
                           .hostname = "o.x",
                           .path = ir::PrefixPath{"/a b", "/$1/"},
                           .status = 301});
    CHECK(redirect.permanent);
    CHECK(redirect.replacement == "https://o.x/$$1${rest}${query}#");
    const auto pattern = gatefile::base::Regex::compile(redirect.regex);
    REQUIRE(pattern.has_value());
    CHECK(pattern->matches("http://h.x:80/a%20b/c?q=1"));
    CHECK(pattern->matches("http://[::1]:80/a b"));
    CHECK_FALSE(pattern->matches("http://h.x/other"));
}
