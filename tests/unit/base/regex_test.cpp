// SPDX-License-Identifier: Apache-2.0
#include "gatefile/base/regex.hpp"

#include <doctest/doctest.h>

namespace gatefile::base {

namespace {

bool accepts(std::string_view pattern) {
    return Regex::compile(pattern).has_value();
}

bool matches(std::string_view pattern, std::string_view text) {
    const auto regex = Regex::compile(pattern);
    REQUIRE(regex);
    return regex->matches(text);
}

}  // namespace

TEST_CASE("matching is an unanchored search, leftmost first") {
    CHECK(matches("b+", "abbc"));
    CHECK_FALSE(matches("^b", "ab"));
    CHECK(matches("^(?i)ABC$", "abc"));
    CHECK_FALSE(matches("a.b", "a\nb"));
}

TEST_CASE("what Go refuses is refused") {
    for (const std::string_view bad : {"(",
                                       "a**",
                                       "[b-a]",
                                       "(?=a)",
                                       "(?<=a)",
                                       "(?<!a)",
                                       "\\1",
                                       "\\Z",
                                       "a{1001}",
                                       "\\p{Foo}",
                                       "(?P<a b>c)",
                                       "\xFF"})
        CHECK_FALSE(accepts(bad));
}

TEST_CASE("\\C is RE2's alone, and literal or within a class no such escape") {
    CHECK_FALSE(accepts("\\C"));
    CHECK_FALSE(accepts("a\\Cb"));
    CHECK(matches("\\Q\\C\\E", "\\C"));
    CHECK(matches("\\\\C", "\\C"));
    CHECK_FALSE(accepts("[\\C]"));
}

TEST_CASE("(?<name>...) is Go's spelling too") {
    CHECK(matches("^(?<user>[a-z]+)$", "abc"));
    CHECK(matches("^(?P<user>[a-z]+)$", "abc"));
    CHECK(matches("[(?<n>]", "<"));
    CHECK(matches("^\\(?<n>$", "<n>"));
    CHECK(matches("^\\Q(?<n>\\E$", "(?<n>"));
}

TEST_CASE("Unicode class names as Go 1.25 and later look them up") {
    CHECK(matches("^\\p{letter}$", "a"));
    CHECK(matches("^\\p{Uppercase_Letter}$", "A"));
    CHECK(matches("^\\pz$", " "));
    CHECK(matches("^\\p{gReEk}$", "\xCE\xB1"));
    CHECK(matches("^\\P{^Greek}$", "\xCE\xB1"));
    CHECK(matches("^[\\p{Letter}\\d]+$", "a1"));
    CHECK(matches("^\\p{ASCII}$", "a"));
    CHECK_FALSE(matches("^\\P{ASCII}$", "a"));
    CHECK(matches("^[\\P{ASCII}x]+$", "\xC3\xA9x"));
    CHECK(matches("^\\p{LC}$", "a"));
    CHECK(matches("^\\p{Cn}$", "\xCD\xB8"));  // U+0378 is not assigned
    CHECK(matches("^\\pC$", "\xCD\xB8"));     // and so belongs to C for Go
    CHECK_FALSE(matches("^\\p{Assigned}$", "\xCD\xB8"));
    CHECK_FALSE(accepts("\\p{Old_Italic}"));  // Go's own fault, as long as it lasts
    CHECK_FALSE(accepts("[^[:alpha:]*\\p{LC}"));
}

TEST_CASE("patterns that need more memory than RE2's default") {
    CHECK(accepts("\\pL{1000}\\B"));
}

TEST_CASE("an error names the reason on one line") {
    const auto regex = Regex::compile("(\n");
    REQUIRE_FALSE(regex);
    CHECK(regex.error().kind == ErrorKind::Usage);
    CHECK(regex.error().text.find("missing )") == 0);
    CHECK(regex.error().text.find('\n') == std::string::npos);
}

TEST_CASE("catastrophic patterns cost linear time") {
    const std::string text(100'000, 'a');
    CHECK_FALSE(matches("^(a+)+$", text + "!"));
    CHECK_FALSE(matches("^(a|a)*b$", text));
}

TEST_CASE("quote_regex is Go's QuoteMeta") {
    CHECK(quote_regex("a.b*c") == "a\\.b\\*c");
    CHECK(quote_regex("\\.+*?()|[]{}^$") == "\\\\\\.\\+\\*\\?\\(\\)\\|\\[\\]\\{\\}\\^\\$");
    CHECK(quote_regex("-/_ \xC3\xA9") == "-/_ \xC3\xA9");
    for (const std::string_view hostile : {"a`b", "{{ env }}", "x\ny", "]", "\\E\\Q", "(?<n>"})
        CHECK(matches("^" + quote_regex(hostile) + "$", hostile));
}

}  // namespace gatefile::base
