// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "api/cel/program.hpp"
#include "gatefile/tree/read.hpp"

namespace gatefile::api::cel {
namespace {

constexpr std::string_view object =
    "{name: Abc, empty: '', number: 7, flag: true, float: 1.5, namespace: ns, a-b: 1, nothing: "
    "null, "
    "list: [1, 2, 2], words: [x, y], items: [{k: 1}, {k: 2, v: a}, {}], map: {p/q: 1, r: 2}, "
    "wide: '\u00e4\u00f6\u00fc'}";

/// "true", "false", "error: ..." or "unsupported: ...".
std::string result(std::string_view rule) {
    Program program;
    if (auto done = compile(rule, program); !done) return "unsupported: " + done.error().text;
    auto self = tree::read_yaml(object);
    REQUIRE(self.has_value());
    std::int64_t budget = object_budget;
    const Outcome outcome = evaluate(program, self.value().root, budget);
    if (outcome.over_budget) return "over budget";
    if (!outcome.error.empty()) return "error: " + outcome.error;
    return outcome.holds ? "true" : "false";
}

void expect(std::string_view wanted, std::initializer_list<std::string_view> rules) {
    for (const std::string_view rule : rules) {
        CAPTURE(rule);
        CHECK(result(rule) == wanted);
    }
}

}  // namespace

TEST_CASE("operators have CEL's precedence") {
    expect("true",
           {"1 + 2 * 3 == 7",
            "(1 + 2) * 3 == 9",
            "10 - 2 - 3 == 5",
            "true || false && false",
            "!false && true",
            "-2 < 1 && 7 % 4 == 3 && 7 / 2 == 3",
            "true ? true : false ? false : false",
            "1 in [1, 2] && !(3 in [1, 2])",
            "self.number == 7 && self.number >= 7 && self.number != 8",
            "self.float > 1 && 1 == 1.0",
            "'a' + 'b' == 'ab' && 'a' < 'b'",
            "[1, self.number] == [1, 7]",
            "self.nothing == null"});
    expect("false", {"1 == '1'", "self.flag == 'true'", "[1] == [1, 2]", "self.map == self"});
}

TEST_CASE("strings") {
    expect("true",
           {"self.name == \"Abc\" && self.name == '''Abc''' && self.name == r'Abc'",
            R"('a\\b' == r'a\b' && '\n' != r'\n' && "\"" == '"')",
            "self.name.size() == 3 && size(self.wide) == 3 && self.empty == ''",
            "self.name.contains('b') && self.name.startsWith('A') && self.name.endsWith('bc')",
            "self.name.matches('^A.c$') && self.name.matches('b') && !self.name.matches('^b')",
            "'a/b/c'.split('/')[1] == 'b' && 'a'.split('/').size() == 1",
            "self.name.substring(1) == 'bc' && self.wide.substring(1, 2) == '\u00f6'",
            "self.name.substring(3) == ''"});
    expect("error: index out of bounds",
           {"self.name.substring(4) == ''", "'a'.split('/')[1] == ''"});
}

TEST_CASE("fields, indices and presence") {
    expect("true",
           {"has(self.name) && !has(self.other) && has(self.nothing)",
            "has(self.__namespace__) && self.__namespace__ == 'ns' && self.namespace == 'ns'",
            "self.a__dash__b == 1",
            "self.items[1].v == 'a' && self.map['p/q'] == 1 && 'r' in self.map",
            "self.items.size() == 3 && size(self.map) == 2"});
    expect("error: no such key: other", {"self.other == 1", "self.items[0].other == 1"});
    expect("error: index out of bounds", {"self.list[3] == 1", "self.list[-1] == 1"});
    expect("error: no such overload", {"self.name.other == 1", "self.name + 1 == 2", "self.name"});
}

TEST_CASE("an error is absorbed by the side that decides") {
    expect("true",
           {"self.other == 1 || true", "true || self.other == 1", "!(self.other == 1 && false)"});
    expect("false", {"false && self.other == 1", "self.other == 1 && false"});
    expect("error: no such key: other",
           {"self.other == 1 || false",
            "false || self.other == 1",
            "self.other == 1 && true",
            "self.other == 1 ? true : true",
            "!(self.other == 1)"});
    expect("true", {"self.items.exists(i, i.v == 'a')"});
    expect("false", {"self.items.all(i, i.v == 'b')"});
    expect("error: no such key: v",
           {"self.items.all(i, i.v == 'a')",
            "self.items.exists(i, i.v == 'b')",
            "self.items.exists_one(i, i.v == 'a')",
            "self.items.filter(i, i.v == 'a').size() == 1"});
}

TEST_CASE("macros") {
    expect("true",
           {"self.list.all(i, i > 0) && [].all(i, false) && ![].exists(i, true)",
            "self.list.exists_one(i, i == 1) && !self.list.exists_one(i, i == 2)",
            "self.list.filter(i, i == 2).size() == 2 && self.list.filter(i, i > 9) == []",
            "self.list.all(a, self.list.exists(b, a == b))",
            "self.map.all(key, key.size() > 0) && self.map.exists(k, k == 'r')",
            "self.list.all(self, self > 0)"});
}

TEST_CASE("durations and addresses") {
    expect(
        "true",
        {"duration('1s') < duration('1m') && duration('1500ms') == duration('1.5s')",
         "duration('1h2m3s4ms') > duration('1h') && duration('0') == duration('0s')",
         "isIP('10.0.0.1') && isIP('2001:db8::1') && isIP('::')",
         "!isIP('10.0.0') && !isIP('10.0.0.01') && !isIP('::ffff:1.2.3.4') && !isIP('fe80::1%eth0')"
         " && !isIP('')"});
    expect("error: invalid argument: \"1\"", {"duration('1') == duration('1s')"});
    expect("error: invalid argument: \"1x\"", {"duration('1x') == duration('1s')"});
}

TEST_CASE("formats") {
    expect("true",
           {"!format.dns1123Label().validate('a-b').hasValue()",
            "format.dns1123Label().validate('a.b').hasValue()",
            "!format.dns1123Subdomain().validate('a.b').hasValue()",
            "!format.qualifiedName().validate('a.b/C_d').hasValue()",
            "format.qualifiedName().validate('a.b/').hasValue()"});
}

TEST_CASE("numbers do not wrap") {
    expect("error: integer overflow",
           {"9223372036854775807 + 1 == 0",
            "-9223372036854775807 - 2 == 0",
            "9223372036854775807 * 2 == 0"});
    expect("error: division by zero", {"1 / 0 == 0", "1 % 0 == 0"});
}

TEST_CASE("what is not known does not compile") {
    for (const std::string_view rule : {"self.lowerAscii() == ''",
                                        "self.map(i, i)",
                                        "isURL('x')",
                                        "other == 1",
                                        "self.name.matches(self.name)",
                                        "'a'.matches('(')",
                                        "has(self)",
                                        "1u == 1",
                                        "{'a': 1} == self",
                                        "'\\x41' == 'A'",
                                        "'open",
                                        "1 +",
                                        "(1",
                                        "self.",
                                        "[1, 2",
                                        "1 2",
                                        "#",
                                        "",
                                        "99999999999999999999 == 1",
                                        "format.uuid().validate('').hasValue()"}) {
        CAPTURE(rule);
        CHECK(result(rule).starts_with("unsupported: "));
    }
    CHECK(result("1 +") == "unsupported: value expected at character 4");
    CHECK(result(std::string(5000, '(')).starts_with("unsupported: too deeply nested"));
    CHECK(result(std::string(5000, '!')).starts_with("unsupported: too deeply nested"));
}

TEST_CASE("a rule about the stored object is told apart") {
    Program program;
    REQUIRE(compile("self == oldSelf", program).has_value());
    CHECK(program.uses_old_self);
}

TEST_CASE("evaluation has a price and a limit") {
    std::string list = "[0";
    for (int i = 1; i < 200; ++i)
        list += "," + std::to_string(i);
    const auto self = tree::read_json("{\"list\": " + list + "]}");
    REQUIRE(self.has_value());
    Program program;
    REQUIRE(compile("self.list.all(a, self.list.all(b, self.list.all(c, a + b + c >= 0)))", program)
                .has_value());
    std::int64_t budget = object_budget;
    CHECK(evaluate(program, self.value().root, budget).over_budget);
    CHECK(budget < 0);

    Program cheap;
    REQUIRE(compile("self.list.size() > 0", cheap).has_value());
    budget = object_budget;
    CHECK(evaluate(cheap, self.value().root, budget).holds);
    CHECK(budget < object_budget);
    CHECK(budget > object_budget - 20);
}

}  // namespace gatefile::api::cel
