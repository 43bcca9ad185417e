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

TEST_CASE("replacing is Go's ReplaceAllString") {
    const auto replaced = [](std::string_view pattern, std::string_view text, std::string_view to) {
        const auto regex = Regex::compile(pattern);
        REQUIRE(regex);
        return regex->replace_all(text, to);
    };
    CHECK(replaced("a(x*)b", "-ab-axxb-", "T") == "-T-T-");
    CHECK(replaced("a(x*)b", "-ab-axxb-", "$1") == "--xx-");
    CHECK(replaced("a(x*)b", "-ab-axxb-", "$1W") == "---");
    CHECK(replaced("a(x*)b", "-ab-axxb-", "${1}W") == "-W-xxW-");
    CHECK(replaced("(?P<first>.)(.)", "abc", "$2${first}$$${no}$7") == "ba$c");
    CHECK(replaced("a*", "baaac", "x") == "xbxcx");
    CHECK(replaced("^", "abc", "x") == "xabc");
    CHECK(replaced("b", "abc", "$ ${ ${1 $") == "a$ ${ ${1 $c");
    CHECK(replaced("z", "abc", "x") == "abc");
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

namespace {

/// Whether the part takes `text` between slashes.
bool takes(std::string_view pattern, std::string_view text) {
    const auto part = regex_part(pattern);
    REQUIRE(part);
    return matches("^/" + *part + "/x$", "/" + std::string(text) + "/x");
}

}  // namespace

TEST_CASE("a part of a pattern takes the whole of its text and nothing of its neighbours'") {
    CHECK(takes("foo|bar", "bar"));
    CHECK_FALSE(takes("foo|bar", "foo/x"));
    CHECK_FALSE(takes("foo", "foobar"));
    CHECK(takes("(?i)foo", "FOO"));
    CHECK_FALSE(matches("^/" + *regex_part("(?i)foo") + "/x$", "/foo/X"));
    CHECK(takes("", ""));
}

TEST_CASE("anchors at the ends of a part are implied") {
    CHECK(takes("^foo$", "foo"));
    CHECK(takes("\\Afoo\\z", "foo"));
    CHECK(takes("^foo|bar$", "bar"));
    CHECK_FALSE(takes("^foo|bar$", "foobar"));
    CHECK(takes("foo\\$", "foo$"));
    CHECK(takes("[$]", "$"));
    CHECK(takes("[^]$[:alpha:]^]", "1"));
}

TEST_CASE("anchors elsewhere in a part could never match") {
    for (const std::string_view bad : {"(^foo)", "a$b", "foo^", "$foo", "(?m)^foo", "a\\zb"}) {
        CAPTURE(bad);
        CHECK_FALSE(regex_part(bad));
    }
}

TEST_CASE("a part cannot break out") {
    for (const std::string_view bad : {"a)(b", ")|(", "(", "a\\", "[", "(?:"}) {
        CAPTURE(bad);
        CHECK_FALSE(regex_part(bad));
    }
    // What is quoted would otherwise take in the end of the group.
    const auto open = regex_part("\\Qfoo");
    const auto rest = regex_part("(a)\\\\E|.*");
    REQUIRE(open);
    REQUIRE(rest);
    const std::string both = "^/" + *open + "/" + *rest + "$";
    CHECK(matches(both, "/foo/b"));
    CHECK_FALSE(matches(both, "/bar/b"));
}

TEST_CASE("patterns that match nothing") {
    for (const std::string_view nothing : {"a^",
                                           "a^b",
                                           "$x",
                                           "x$y",
                                           "a\\Ab",
                                           "[^\\x00-\\x{10FFFF}]",
                                           "a[^\\x00-\\x{10FFFF}]b|$x",
                                           "(^a){2}",
                                           "(?:a$|b$)c",
                                           "x\\by",
                                           "a\\B-",
                                           "\\b-\\b-",
                                           "(?i)a^",
                                           "a(?m:b)^c",
                                           "(?P<n>a+^)b*",
                                           "\\z+a",
                                           "[\\s\\S]\\A"}) {
        CAPTURE(nothing);
        REQUIRE(accepts(nothing));
        CHECK(never_matches(nothing));
    }
}

TEST_CASE("patterns that match something") {
    for (const std::string_view something : {"",
                                             "^",
                                             "$",
                                             "^$",
                                             "^a$",
                                             "^^a$$",
                                             "a|b^",
                                             "(a^)*",
                                             "(a^)?b",
                                             "(a^){0}b",
                                             "(?m)a$\n^b",
                                             "(?m:$)x*$|y",
                                             "a\\^b",
                                             "[$^]x[^a]",
                                             "\\Q^a$\\E^?",
                                             "x\\b-y",
                                             "x\\By",
                                             "\\bfoo\\b",
                                             "\\PL\\p{Greek}",
                                             "[^\\x00-\\x{10FFFE}]",
                                             "[[:^alpha:]]$",
                                             "a{,2}^?",
                                             "(?s).(?-s:.)\\z",
                                             "\\x{2126}\\B-"}) {
        CAPTURE(something);
        REQUIRE(accepts(something));
        CHECK_FALSE(never_matches(something));
    }
}

TEST_CASE("a path starts with a slash") {
    const auto on_path = [](std::string_view pattern) {
        return never_matches(pattern, RegexSubject::Path);
    };
    CHECK(on_path("^api/.*"));
    CHECK(on_path("^$"));
    CHECK(on_path("^(a|b)/"));
    CHECK(on_path("^/{0}a"));
    CHECK(on_path("^\\b/"));
    CHECK_FALSE(on_path("^/api/.*$"));
    CHECK_FALSE(on_path("^/?api"));
    CHECK_FALSE(on_path("^[/a]b"));
    CHECK_FALSE(on_path("^api|b"));
    CHECK_FALSE(on_path("^.*$"));
    CHECK_FALSE(on_path("$"));
    CHECK_FALSE(on_path("api"));
}

}  // namespace gatefile::base
