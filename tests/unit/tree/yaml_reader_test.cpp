// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "reading.hpp"

namespace gatefile::tree {

TEST_CASE("every node knows where it stands") {
    const ReadResult result = read_text("# c\n---\nspec:\n  rules:\n  - name: \xC3\xA9\n"
                                        "    \xC3\xA9: {a: [x]}\n  - |\n    text\n");
    REQUIRE(result.documents.size() == 1);
    const Node& root = result.documents[0].root;
    CHECK(root.position() == Position{3, 1});
    const Entry& spec = root.entries()[0];
    CHECK(spec.key_position == Position{3, 1});
    CHECK(spec.value.position() == Position{4, 3});
    const Node& rules = *spec.value.find("rules");
    CHECK(rules.position() == Position{5, 3});
    const Node& first = rules.items()[0];
    CHECK(first.position() == Position{5, 5});
    CHECK(first.find("name")->position() == Position{5, 11});
    CHECK(first.entries()[1].key_position == Position{6, 5});
    CHECK(first.entries()[1].value.position() == Position{6, 8});
    CHECK(first.entries()[1].value.find("a")->items()[0].position() == Position{6, 13});
    CHECK(rules.items()[1].position() == Position{7, 5});
}

TEST_CASE("a key that occurs twice is a fault at its second place") {
    CHECK(outcome("a: 1\nb: 2\na: 3\n") == "3:1 key \"a\" already set in line 1\n");
    CHECK(outcome("x:\n  a: 1\n  \"a\": 2\ny: {b: 1, b: 2}\n") ==
          "3:3 key \"a\" already set in line 2\n4:11 key \"b\" already set in line 4\n");
    CHECK(outcome("yes: 1\n'true': 2\n") == "2:1 key \"true\" already set in line 1\n");
    CHECK(outcome("'': 1\n\"\": 2\n") == "2:1 key \"\" already set in line 1\n");
    std::string many;
    for (int i = 0; i < 100; ++i)
        many += "k" + std::to_string(i) + ": 1\n";
    CHECK(outcome(many + "k7: 2\n") == "101:1 key \"k7\" already set in line 8\n");
}

TEST_CASE("anchors and aliases") {
    CHECK(outcome("a: &x [1, {b: 2}]\nc: *x\n") == "{\"a\":[1,{\"b\":2}],\"c\":[1,{\"b\":2}]}\n");
    CHECK(outcome("- &k key\n- {*k : 1}\n") == "[\"key\",{\"key\":1}]\n");
    CHECK(outcome("- &a 1\n- *a\n- &a 2\n- *a\n") == "[1,1,2,2]\n");
    CHECK(outcome("- &a ~\n- *a\n") == "[null,null]\n");
    CHECK(outcome("a: *x\n") == "1:4 unknown anchor \"x\" referenced\n");
    CHECK(outcome("a: &x 1\n---\nb: *x\n") == "{\"a\":1}\n3:4 unknown anchor \"x\" referenced\n");
    CHECK(outcome("- &k [a]\n- {*k : 1}\n") == "2:4 unsupported map key of type array\n");
}

TEST_CASE("an anchor whose value contains itself is refused") {
    CHECK(outcome("a: &x {b: *x}") == "1:11 anchor \"x\" value contains itself\n");
    CHECK(outcome("- &x 1\n- &x [*x]\n") == "2:7 anchor \"x\" value contains itself\n");
    CHECK(outcome("&x [&x 1, *x]") == "[1,1]\n");
}

TEST_CASE("merge keys as go-yaml v2 applies them") {
    const std::string base = "x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\n";
    const auto merged = [&](std::string_view map) {
        const std::string text = outcome(base + "z: " + std::string(map));
        const std::size_t z = text.find("\"z\":");
        return z == std::string::npos ? text : text.substr(z + 4, text.size() - z - 6);
    };
    CHECK(merged("{<<: *x}") == R"({"a":1,"b":2})");
    CHECK(merged("{<<: *x, b: 9}") == R"({"a":1,"b":9})");
    CHECK(merged("{b: 9, <<: *x}") == R"({"b":2,"a":1})");
    CHECK(merged("{<<: [*x, *y]}") == R"({"b":2,"c":4,"a":1})");
    CHECK(merged("{<<: *x, <<: *y}") == R"({"a":1,"b":3,"c":4})");
    CHECK(merged("{<<: {a: {<<: *y}}, d: 5}") == R"({"a":{"b":3,"c":4},"d":5})");
    CHECK(merged("{\"<<\": 1}") == R"({"<<":1})");
    CHECK(merged("{<<: 1}") == "3:5 map merge requires map or sequence of maps as the value\n");
    CHECK(merged("{<<: [1]}") == "3:5 map merge requires map or sequence of maps as the value\n");
    CHECK(outcome("l: &l [{a: 1}]\nz: {<<: *l}\n") ==
          "2:9 map merge requires map or sequence of maps as the value\n");
    CHECK(outcome("{<<: {a: 1}, b: 2, b: 3}") == "1:20 key \"b\" already set in line 1\n");
}

TEST_CASE("inputs that break other readers") {
    CHECK(outcome(",").find("1:1 ") == 0);
    CHECK(outcome(" ,").find("1:2 ") == 0);
    CHECK(outcome("!\n: |\nb\n>\n|\n  !\n>").find("\n") != std::string::npos);
    CHECK(outcome("- name: 'external-http\n  rules:\n  - matches:\n") ==
          "4:1 found unexpected end of stream while scanning a quoted scalar\n");
    CHECK(outcome("a: \"\\ud83d\\ude00\"").find("1:") == 0);
    CHECK(outcome("a: \x01") == "1:4 control characters are not allowed (#x1)\n");
    CHECK(outcome("a:\tb") == "{\"a\":\"b\"}\n");
    CHECK(outcome("a: b: c").find("1:5 ") == 0);
}

TEST_CASE("an alias bomb is refused before it expands") {
    std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n";
    for (char c = 'b'; c < 'm'; ++c) {
        const std::string alias = std::string("*") + static_cast<char>(c - 1);
        bomb += std::string(1, c) + ": &" + c + " [" + alias;
        for (int i = 0; i < 8; ++i)
            bomb += "," + alias;
        bomb += "]\n";
    }
    CHECK(outcome(bomb).find("document contains excessive aliasing") != std::string::npos);
}

TEST_CASE("aliases within go-yaml's budget are allowed") {
    std::string text = "a: &a [1, 2, 3]\n";
    for (int i = 0; i < 50; ++i)
        text += "k" + std::to_string(i) + ": *a\n";
    CHECK(read_text(text).faults.empty());
}

TEST_CASE("limits of depth, also through aliases, of nodes and of bytes") {
    Limits limits;
    limits.depth = 3;
    CHECK(outcome("[[[1]]]", limits) == "[[[1]]]\n");
    CHECK(outcome("[[[[1]]]]", limits) == "1:4 lists and maps are nested more than 3 deep\n");
    CHECK(outcome("a: &a [[1]]\n", limits) == "{\"a\":[[1]]}\n");
    CHECK(outcome("a: &a [[1]]\nb: {c: *a}\n", limits) ==
          "2:8 lists and maps are nested more than 3 deep\n");
    CHECK(outcome("a: &a [1]\nb: &b [*a]\nc: &c [*b]\n", limits) ==
          "3:8 lists and maps are nested more than 3 deep\n");
    limits = Limits{};
    limits.nodes = 5;
    CHECK(outcome("[1, 2, 3, 4]", limits) == "[1,2,3,4]\n");
    CHECK(outcome("[1, 2, 3, 4, 5]", limits) ==
          "1:14 the document has more than 5 keys and values\n");
    limits.nodes = 4;
    CHECK(outcome("- &a [1]\n- *a\n", limits) ==
          "2:3 the document has more than 4 keys and values\n");
    limits = Limits{};
    limits.document_bytes = 10;
    CHECK(outcome("a: 1\n---\nb: 01234567\n", limits) ==
          "{\"a\":1}\n3:1 a document is longer than 10 bytes\n");
}

TEST_CASE("a million brackets cost no more than the limit") {
    CHECK(outcome(std::string(1'000'000, '[')) ==
          "1:201 lists and maps are nested more than 200 deep\n");
    std::string dashes;
    for (int i = 0; i < 500'000; ++i)
        dashes += "- ";
    CHECK(outcome(dashes) == "1:401 lists and maps are nested more than 200 deep\n");
}

TEST_CASE("directives behind a document do not reach libyaml's quadratic list") {
    std::string text = "\"a\"\n";
    for (int i = 0; i < 200'000; ++i)
        text += "%TAG !a" + std::to_string(i) + "! x\n";
    CHECK(outcome(text) == "2:1 text follows the end of the document\n");
}

}  // namespace gatefile::tree
