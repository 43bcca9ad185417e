// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <chrono>
#include <limits>

#include "reading.hpp"

namespace gatefile::tree {
namespace {

std::string repeated(std::string_view text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i)
        out += text;
    return out;
}

}  // namespace

TEST_CASE("every value knows where it stands") {
    const ReadResult result =
        read_text("{\"\xC3\xA9\\n\": [true, null,\n  -1.5, \"x\\u0041y\", {}],\n"
                  " \"b\" : {\"c\":false}}\n{\"d\": \t\"e\"}");
    REQUIRE(result.documents.size() == 2);
    const Node& root = result.documents[0].root;
    CHECK(root.position() == Position{1, 1});
    CHECK(root.entries()[0].key == "\xC3\xA9\n");
    CHECK(root.entries()[0].key_position == Position{1, 2});
    const auto items = root.entries()[0].value.items();
    CHECK(root.entries()[0].value.position() == Position{1, 9});
    CHECK(items[0].position() == Position{1, 10});
    CHECK(items[1].position() == Position{1, 16});
    CHECK(items[2].position() == Position{2, 3});
    CHECK(items[3].position() == Position{2, 9});
    CHECK(items[3].as_string() == "xAy");
    CHECK(items[4].position() == Position{2, 21});
    CHECK(root.entries()[1].key_position == Position{3, 2});
    CHECK(root.entries()[1].value.position() == Position{3, 8});
    CHECK(root.entries()[1].value.find("c")->position() == Position{3, 13});
    CHECK(result.documents[1].root.position() == Position{4, 1});
    CHECK(result.documents[1].root.find("d")->position() == Position{4, 8});
}

TEST_CASE("numbers") {
    const auto number = [](std::string_view text) {
        const auto document = read_json(text);
        REQUIRE(document);
        return document->root;
    };
    CHECK(number("0").as_int() == 0);
    CHECK(number("-0").as_int() == 0);
    CHECK(number("9223372036854775807").as_int() == std::numeric_limits<std::int64_t>::max());
    CHECK(number("-9223372036854775808").as_int() == std::numeric_limits<std::int64_t>::min());
    CHECK(number("9223372036854775808").as_float() == 9223372036854775808.0);
    CHECK(number("18446744073709551616").as_float() == 18446744073709551616.0);
    CHECK(number("80.0").as_int() == 80);
    CHECK(number("1e3").as_int() == 1000);
    CHECK(number("-1.5E-1").as_float() == -0.15);
    CHECK(number("0.1").as_float() == 0.1);
    CHECK(number("1e-400").as_int() == 0);
    CHECK(number("1e-2147483639").as_int() == 0);
    CHECK(number("0.0000000000001e-2147483639").as_int() == 0);
    CHECK(number("5e-324").as_float() == 5e-324);
    CHECK_FALSE(read_json("1e400"));
    CHECK_FALSE(read_json(std::string(400, '9')));
    for (const char* bad : {"01", "1.", ".5", "+1", "1e", "0x1", "NaN", "Infinity", "-", "--1"})
        CHECK_FALSE(read_json(bad));
}

TEST_CASE("escapes and surrogates") {
    CHECK(outcome(R"({"a": "\ud83d\ude00\u00e9\/\b"})") ==
          "{\"a\":\"\xF0\x9F\x98\x80\xC3\xA9/\\b\"}\n");
    CHECK(outcome(R"({"a": "x\u0000y"})") == "{\"a\":\"x\\u0000y\"}\n");
    CHECK(outcome(R"({"a": "\ude00"})") == "1:7 a \\u escape names half of a surrogate pair\n");
    CHECK(outcome(R"({"\ude00": 1})") == "1:2 a \\u escape names half of a surrogate pair\n");
    CHECK(read_text(R"({"a": "\ud83d"})").documents.empty());
    CHECK(read_text("{\"a\": \"\n\"}").faults.empty());  // for YAML it is one folded line
    CHECK_FALSE(read_json("{\"a\": \"\n\"}"));
}

TEST_CASE("every lead byte, cut off, is refused and not read beyond") {
    for (unsigned lead = 0xC0; lead <= 0xFF; ++lead) {
        const std::string text = std::string("[\"") + static_cast<char>(lead);
        CHECK_FALSE(read_json(text));
        CHECK(read_text("{\"a\": \"" + text.substr(2)).documents.empty());
    }
}

TEST_CASE("a key that occurs twice is a fault at its second place") {
    CHECK(outcome("{\"a\": 1,\n \"a\": 2}") == "2:2 key \"a\" already set in line 1\n");
    CHECK(outcome(R"({"a": 1, "\u0061": 2})") == "1:10 key \"a\" already set in line 1\n");
    CHECK(outcome(R"({"": 1, "": 2})") == "1:9 key \"\" already set in line 1\n");
    CHECK(outcome(R"({"<<": 1, "<<": 2})") == "1:11 key \"<<\" already set in line 1\n");
}

TEST_CASE("what is not JSON, with its place") {
    CHECK(outcome("{\"a\": 1") ==
          "1:8 invalid JSON: Missing a comma or '}' after an object member\n");
    CHECK(outcome("{\"a\" 1}") ==
          "1:6 invalid JSON: Missing a colon after a name of object member\n");
    CHECK_FALSE(read_json("{\"a\": 1,}"));
    CHECK_FALSE(read_json("[1,]"));
    CHECK_FALSE(read_json("{'a': 1}"));
    CHECK_FALSE(read_json("// x\n{}"));
    CHECK_FALSE(read_json("\xEF\xBB\xBF{}\x00"));
}

TEST_CASE("limits of depth, nodes and bytes") {
    CHECK(outcome(repeated("{\"a\":", 1'000'000)) ==
          "1:1001 lists and maps are nested more than 200 deep\n");
    CHECK_FALSE(read_json(std::string(1'000'000, '[')));
    Limits limits;
    limits.nodes = 4;
    CHECK(outcome("{\"a\": [1]}", limits) == "{\"a\":[1]}\n");
    CHECK(outcome("{\"a\": [1, 2]}", limits) ==
          "1:11 the document has more than 4 keys and values\n");
    limits = Limits{};
    limits.document_bytes = 10;
    CHECK(outcome("{\"a\": 1} {\"b\": 2} {\"c\": 34567}", limits) ==
          "{\"a\":1}\n{\"b\":2}\n1:19 a document is longer than 10 bytes\n");
}

TEST_CASE("the cost is linear in lines and in keys") {
    const auto begin = std::chrono::steady_clock::now();
    std::string text = "{";
    for (int i = 0; i < 100'000; ++i)
        text += "\"k" + std::to_string(i) + "\": [\n1],\n";
    text += "\"z\": 1}";
    CHECK(read_text(text).faults.empty());
    // A quadratic reader needs minutes, a linear one a tenth of a second.
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
}

}  // namespace gatefile::tree
