// SPDX-License-Identifier: Apache-2.0
//
// How a file falls into documents (kubectl: cli-runtime, apimachinery's util/yaml).
#include <doctest/doctest.h>

#include "reading.hpp"

namespace gatefile::tree {

TEST_CASE("documents stand between lines that begin with ---") {
    CHECK(outcome("").empty());
    CHECK(outcome("a: 1\n---\nb: 2\n") == "{\"a\":1}\n{\"b\":2}\n");
    CHECK(outcome("---\na: 1\n---   # two\nb: 2") == "{\"a\":1}\n{\"b\":2}\n");
    CHECK(outcome("a: 1\r\n---\r\nb: 2\r\n") == "{\"a\":1}\n{\"b\":2}\n");
    CHECK(outcome("a: |\n  ---\n") == "{\"a\":\"---\\n\"}\n");
}

TEST_CASE("empty, null and comment-only documents are skipped") {
    CHECK(outcome("---\n---\n\n# nothing\n---\nnull\n---\n~\n---\na: 1\n---\n") == "{\"a\":1}\n");
}

TEST_CASE("what follows a separator is refused with the document behind it, and no other") {
    CHECK(outcome("a: 1\n--- b: 2\nc: 3\n---\nd: 4\n") ==
          "{\"a\":1}\n{\"d\":4}\n2:1 invalid Yaml document separator: \"b: 2\"\n");
    CHECK(outcome("-----BEGIN\n") == "1:1 invalid Yaml document separator: \"--BEGIN\"\n");
}

TEST_CASE("one bad document does not hide the others, and lines are those of the file") {
    CHECK(
        outcome("a: 1\n---\nb: [\n---\nc: 3\n---\n\n\n{\"d\": [}\n---\ne: \"\xFF\"\n---\nf: 6\n") ==
        "{\"a\":1}\n{\"c\":3}\n{\"f\":6}\n"
        "4:1 did not find expected node content while parsing a flow node\n"
        "9:8 invalid JSON: Invalid value\n"
        "11:5 byte \\xff is not UTF-8\n");
}

TEST_CASE("a JSON stream is read up to the first fault") {
    CHECK(outcome("{\"a\": 1} {\"b\": 2}\n{\"c\": 3}") == "{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n");
    CHECK(outcome("{\"a\": 1}{\"b\": }{\"c\": 3}") ==
          "{\"a\":1}\n1:15 invalid JSON: Invalid value\n");
    CHECK(outcome("{\"a\": 1}\n---\n{\"b\": 2}\n---\nc: 3") == "{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n");
}

TEST_CASE("a leading brace may be YAML's flow style") {
    CHECK(outcome("{a: b, c: [d]}") == "{\"a\":\"b\",\"c\":[\"d\"]}\n");
    CHECK(outcome("{\"a\": 'b'} # comment\n") == "{\"a\":\"b\"}\n");
}

TEST_CASE("text behind the end of a document is not dropped silently") {
    CHECK(outcome("a: 1\n...\n# end\n") == "{\"a\":1}\n");
    CHECK(outcome("a: 1\n...\nb: 2\n") == "3:1 text follows the end of the document\n");
    CHECK(outcome("  a: 1\nb: 2\n") == "2:1 text follows the end of the document\n");
    CHECK(outcome("# \xE2\x80\xA8"
                  "a: 1\n") == "{\"a\":1}\n");
    CHECK(outcome("a: ...\nb: \"\n  ...\"\n") == "{\"a\":\"...\",\"b\":\" ...\"}\n");
}

TEST_CASE("directives are refused, as nothing of theirs survives the split") {
    CHECK(outcome("%YAML 1.1\n---\na: 1\n") ==
          "{\"a\":1}\n1:1 a directive (%YAML, %TAG) cannot begin a document of a manifest\n");
}

TEST_CASE("byte order marks and UTF-16") {
    const auto utf16 = [](std::string_view ascii, bool big_endian) {
        std::string out = big_endian ? "\xFE\xFF" : "\xFF\xFE";
        for (const char c : ascii) {
            if (big_endian) out += '\0';
            out += c;
            if (!big_endian) out += '\0';
        }
        return out;
    };
    CHECK(outcome("\xEF\xBB\xBF"
                  "a: 1") == "{\"a\":1}\n");
    CHECK(outcome(utf16("a: 1\n---\nb: 2", true)) == "{\"a\":1}\n{\"b\":2}\n");
    CHECK(outcome(utf16("{\"a\": 1}", false)) == "{\"a\":1}\n");
    CHECK(outcome(std::string("\xFE\xFF\0a\0:\0 \xD8\x3D\xDE\x00", 12)) ==
          "{\"a\":\"\xF0\x9F\x98\x80\"}\n");
    CHECK(outcome(std::string("\xFE\xFF\xD8\x3D\0a", 6)) == "1:1 byte \\xed is not UTF-8\n");
    CHECK(outcome("\xFE\xFFx") == "1:1 byte \\xff is not UTF-8\n");
}

TEST_CASE("NUL bytes are refused in YAML and JSON") {
    CHECK(outcome(std::string_view("a: 1\nb: \0", 9)) == "2:4 a NUL byte\n");
    CHECK(outcome(std::string_view("{\"a\": 1}\0{\"b\": 2}", 17)) == "1:9 a NUL byte\n");
}

TEST_CASE("documents of one source share the arena and carry the source") {
    const ReadResult result = read_text("a: 1\n---\nb: 2\n");
    REQUIRE(result.documents.size() == 2);
    CHECK(result.documents[0].arena == result.documents[1].arena);
    CHECK(*result.documents[0].source == "test.yaml");
}

TEST_CASE("read_json and read_yaml take one document and nothing behind it") {
    CHECK(read_json("[1]"));
    CHECK(read_json(" 1 "));
    CHECK_FALSE(read_json(""));
    CHECK_FALSE(read_json("{} {}"));
    CHECK_FALSE(read_json("{}x"));
    REQUIRE_FALSE(read_json("{\n\"a\": }"));
    for (const char* text : {"[1]", " 1 ", "{\"a\": [\"b\", 1.5e3, null]}\n"})
        CHECK(check_json(text));
    for (const char* text : {"", "{} {}", "{}x", "{\n\"a\": }", "[\"\xff\"]", "[1"})
        CHECK_FALSE(check_json(text));
    CHECK(read_json("{\n\"a\": }").error().text == "2:6: invalid JSON: Invalid value");
    CHECK(read_yaml("---\na: 1\n"));
    CHECK(read_yaml("")->root.is_null());
    CHECK_FALSE(read_yaml("a: 1\n---\nb: 2\n"));
    CHECK_FALSE(read_yaml("a: ["));
}

TEST_CASE("a List of a large cluster is one document") {
    static constexpr std::size_t items = 1'300'000;
    const auto has_all = [](const ReadResult& result) {
        REQUIRE(result.faults.empty());
        REQUIRE(result.documents.size() == 1);
        CHECK(result.documents[0].root.find("items")->items().size() == items);
    };
    std::string yaml = "items:\n";
    std::string json = "{\"items\":[{\"a\":0}";
    for (std::size_t i = 0; i < items; ++i)
        yaml += "- a: 1\n";
    for (std::size_t i = 1; i < items; ++i)
        json += ",{\"a\":1}";
    has_all(read_text(yaml));
    has_all(read_text(json + "]}"));
}

}  // namespace gatefile::tree
