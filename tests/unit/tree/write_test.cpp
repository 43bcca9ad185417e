// SPDX-License-Identifier: Apache-2.0
#include "gatefile/tree/write.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include "reading.hpp"

namespace gatefile::tree {
namespace {

std::string yaml(std::string_view json, Templates templates = Templates::Neutralised) {
    const auto document = read_json(json);
    REQUIRE(document);
    return write_yaml(document->root, templates);
}

std::vector<std::string> hostile_strings() {
    using namespace std::string_literals;
    std::vector<std::string> strings = {"",
                                        " ",
                                        "  x  ",
                                        "~",
                                        "null",
                                        "no",
                                        "yes",
                                        "true",
                                        "010",
                                        "0o17",
                                        "1e3",
                                        "=",
                                        "<<",
                                        "-",
                                        "- a",
                                        "? a",
                                        ": ",
                                        "a: b",
                                        "a #b",
                                        "#c",
                                        "---",
                                        "...",
                                        "--- a",
                                        "%YAML 1.1",
                                        "&a",
                                        "*a",
                                        "!tag",
                                        "!!binary aGk=",
                                        "|",
                                        ">",
                                        "@a",
                                        "`a`",
                                        "{",
                                        "}",
                                        "{}",
                                        "[",
                                        "]",
                                        ",",
                                        "'",
                                        "\"",
                                        "\\",
                                        "\\x7B",
                                        "\\\"",
                                        "a\nb",
                                        "\n",
                                        "\r\n",
                                        "\t",
                                        "a\tb",
                                        "trailing ",
                                        "\0"s,
                                        "a\0b"s,
                                        "\x01\x1b[2J\x7f",
                                        "\xC2\x85",
                                        "\xC2\xA0",
                                        "\xE2\x80\xA8x\xE2\x80\xA9",
                                        "\xEF\xBB\xBF",
                                        "\xEF\xBF\xBE",
                                        "\xEF\xBF\xBF",
                                        "\xEF\xBF\xBD",
                                        "\xF0\x9F\x98\x80",
                                        "\xF4\x8F\xBF\xBF",
                                        "\xC3\xA9",
                                        "2001-01-01",
                                        ".inf",
                                        "{{ env \"HOME\" }}",
                                        "{{",
                                        "{{{",
                                        "{{{{",
                                        "{{-",
                                        "{{/*",
                                        "x{{y",
                                        "{ {",
                                        "}}{{",
                                        "{\n{",
                                        "a{",
                                        "{a",
                                        "{{`{{`}}",
                                        "\xC3\xA9{{\xC3\xA9",
                                        "{{ fail \"x\" }}",
                                        "\\{{",
                                        "\"{{\""};
    strings.push_back(std::string(1'000'000, '{'));
    strings.push_back(std::string(1'000'000, 'x'));
    strings.push_back(std::string(2000, '\n'));
    return strings;
}

/// A map and a list of all hostile strings, as keys and as values, and below each other.
Node hostile_node(Arena& arena, const std::vector<std::string>& strings) {
    std::vector<Entry> entries;
    std::vector<Node> items;
    for (const std::string& text : strings) {
        const Node value = Node::string(text);
        items.push_back(value);
        const Entry inner[] = {{text, {}, value}};
        const Node below[] = {Node::map(arena.copy(inner)), Node::list({}), Node::map({})};
        entries.push_back({text, {}, Node::list(arena.copy(below))});
    }
    const Node list = Node::list(arena.copy(items));
    entries.push_back({"the list", {}, list});
    return Node::map(arena.copy(entries));
}

}  // namespace

TEST_CASE("JSON, compact and indented") {
    const auto document =
        read_json(R"({"a":[1,-2.5,true,null,"x\"y\\\n"],"b":{},"c":[],"d":{"e":[{}]}})");
    REQUIRE(document);
    CHECK(write_json(document->root, JsonStyle::Compact) ==
          "{\"a\":[1,-2.5,true,null,\"x\\\"y\\\\\\n\"],\"b\":{},\"c\":[],\"d\":{\"e\":[{}]}}\n");
    CHECK(write_json(document->root, JsonStyle::Indented) ==
          "{\n  \"a\": [\n    1,\n    -2.5,\n    true,\n    null,\n    \"x\\\"y\\\\\\n\"\n  ],\n"
          "  \"b\": {},\n  \"c\": [],\n  \"d\": {\n    \"e\": [\n      {}\n    ]\n  }\n}\n");
    CHECK(write_json(Node::null(), JsonStyle::Compact) == "null\n");
    CHECK(write_json(Node::integer(std::numeric_limits<std::int64_t>::min()), JsonStyle::Compact) ==
          "-9223372036854775808\n");
}

TEST_CASE("YAML in block style, strings in double quotes, keys where they need them") {
    const std::string_view json = R"json({
        "http": {"routers": {"a-b": {"rule": "Host(`x`)", "priority": 3}},
                 "services": {}, "list": [], "x": [[1, []], {"k": {}, "l": null}]},
        "on": 1.5, "a.b": false, "": -7, "1": 2.5e300})json";
    CHECK(yaml(json) == "http:\n"
                        "  routers:\n"
                        "    a-b:\n"
                        "      rule: \"Host(`x`)\"\n"
                        "      priority: 3\n"
                        "  services: {}\n"
                        "  list: []\n"
                        "  x:\n"
                        "    -\n"
                        "      - 1\n"
                        "      - []\n"
                        "    - k: {}\n"
                        "      l: null\n"
                        "\"on\": 1.5\n"
                        "\"a.b\": false\n"
                        "\"\": -7\n"
                        "\"1\": 2.5e+300\n");
    CHECK(yaml("{}") == "{}\n");
    CHECK(yaml("[]") == "[]\n");
    CHECK(yaml("\"x\"") == "\"x\"\n");
    CHECK(write_yaml(Node::floating(3), Templates::Plain) == "3.0\n");
}

TEST_CASE("braces next to braces are neutralised, in keys as well, and single ones are not") {
    CHECK(yaml(R"(["{{ env }}", "{", "{}", "{ {", "{{{", "a{{b"])") ==
          "- \"\\x7B\\x7B env }}\"\n- \"{\"\n- \"{}\"\n- \"{ {\"\n- \"\\x7B\\x7B\\x7B\"\n"
          "- \"a\\x7B\\x7Bb\"\n");
    CHECK(yaml(R"({"{{k}}": {"{": {}}})") == "\"\\x7B\\x7Bk}}\":\n  \"{\": {}\n");
    CHECK(yaml(R"(["{{"])", Templates::Plain) == "- \"{{\"\n");
}

TEST_CASE("hostile strings come back as they were, from YAML and from JSON") {
    const std::vector<std::string> strings = hostile_strings();
    Arena arena;
    const Node node = hostile_node(arena, strings);
    for (const Templates templates : {Templates::Plain, Templates::Neutralised}) {
        const std::string text = write_yaml(node, templates);
        const auto again = read_yaml(text);
        REQUIRE_MESSAGE(again, again.error().text);
        CHECK(equal(again->root, node));
        if (templates == Templates::Neutralised) CHECK(text.find("{{") == std::string::npos);
    }
    for (const JsonStyle style : {JsonStyle::Compact, JsonStyle::Indented}) {
        const auto again = read_json(write_json(node, style));
        REQUIRE_MESSAGE(again, again.error().text);
        CHECK(equal(again->root, node));
    }
}

TEST_CASE("a hostile string alone, or as the only key, comes back too") {
    for (const std::string& text : hostile_strings()) {
        const Node value = Node::string(text);
        const Entry entries[] = {{text, {}, value}};
        for (const Node& node : {value, Node::map(entries), Node::list({&value, 1})}) {
            const auto again = read_yaml(write_yaml(node, Templates::Neutralised));
            REQUIRE_MESSAGE(again, again.error().text);
            CHECK(equal(again->root, node));
        }
    }
}

TEST_CASE("YAML that we write is plain text for a terminal and a line reader") {
    Arena arena;
    const std::string text =
        write_yaml(hostile_node(arena, hostile_strings()), Templates::Neutralised);
    CHECK(std::all_of(text.begin(), text.end(), [](char c) {
        return c == '\n' || static_cast<unsigned char>(c) >= 0x20;
    }));
    CHECK(text.find("\xE2\x80\xA8") == std::string::npos);
    CHECK(text.find("\xC2\x85") == std::string::npos);
}

TEST_CASE("numbers come back as they were") {
    for (const double value :
         {0.1, -2.5, 1e300, 5e-324, 1e21, 123456789.125, 1.8446744073709552e19}) {
        const Node node = Node::floating(value);
        CHECK(equal(read_yaml(write_yaml(node, Templates::Plain))->root, node));
        CHECK(equal(read_json(write_json(node, JsonStyle::Compact))->root, node));
    }
}

TEST_CASE("depth costs no stack") {
    // Our own nodes have no limit of depth; the readers' has to be above what we write.
    Arena arena;
    Node node = Node::integer(1);
    for (int i = 0; i < 100'000; ++i) {
        const Node items[] = {node};
        node = Node::list(arena.copy(items));
    }
    CHECK(write_json(node, JsonStyle::Compact).size() == 200'002);
}

}  // namespace gatefile::tree
