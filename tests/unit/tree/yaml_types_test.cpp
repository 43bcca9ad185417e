// SPDX-License-Identifier: Apache-2.0
//
// The types of scalars and keys, each row as sigs.k8s.io/yaml v1.6.0 has it.
#include <doctest/doctest.h>

#include "reading.hpp"

namespace gatefile::tree {
namespace {

/// The value of a scalar as JSON.
std::string typed(std::string_view scalar) {
    const std::string text = outcome("v: " + std::string(scalar));
    if (!text.starts_with("{\"v\":")) return text;
    return text.substr(5, text.size() - 7);
}

/// The key as the string that it becomes.
std::string key(std::string_view scalar) {
    const std::string text = outcome(std::string(scalar) + ": null");
    if (!text.ends_with(":null}\n")) return text;
    return text.substr(2, text.size() - 10);
}

}  // namespace

TEST_CASE("words in their three casings, and no others") {
    for (const char* word :
         {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"})
        CHECK(typed(word) == "true");
    for (const char* word :
         {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"})
        CHECK(typed(word) == "false");
    for (const char* word : {"", "~", "null", "Null", "NULL"})
        CHECK(typed(word) == "null");
    for (const char* word : {"yEs", "tRUE", "nULL", "oN", "nil", "none", "t", "yess", "~~"})
        CHECK(typed(word) == '"' + std::string(word) + '"');
}

TEST_CASE("integers in every base") {
    const std::pair<const char*, const char*> cases[] = {
        {"0", "0"},
        {"-0", "0"},
        {"+12", "12"},
        {"010", "8"},
        {"0o10", "8"},
        {"0O17", "15"},
        {"-010", "-8"},
        {"0x1F", "31"},
        {"-0x1f", "-31"},
        {"0b11", "3"},
        {"1_000", "1000"},
        {"0x_F", "15"},
        {"08", "8"},  // no octal number, so a float, and that is whole
        {"9223372036854775807", "9223372036854775807"},
        {"-9223372036854775808", "-9223372036854775808"}};
    for (const auto& [scalar, json] : cases) {
        CAPTURE(scalar);
        CHECK(typed(scalar) == json);
    }
}

TEST_CASE("floats, and whole ones as integers") {
    const std::pair<const char*, const char*> cases[] = {{"1.5", "1.5"},
                                                         {".5", "0.5"},
                                                         {"+.5", "0.5"},
                                                         {"5.", "5"},
                                                         {"1e3", "1000"},
                                                         {"1E-2", "0.01"},
                                                         {"1_0.5", "10.5"},
                                                         {"80.0", "80"},
                                                         {"1e-400", "0"}};
    for (const auto& [scalar, json] : cases) {
        CAPTURE(scalar);
        CHECK(typed(scalar) == json);
    }
    const ReadResult big = read_text("v: 18446744073709551616");
    REQUIRE(big.documents.size() == 1);
    CHECK(big.documents[0].root.find("v")->as_float() == 18446744073709551616.0);
}

TEST_CASE("what only looks like a number is a string") {
    for (const char* word : {"1:30",     "2001-01-01", "2001-01-01T00:00:00Z",
                             "1e400",    "0x",         "0b2",
                             "1.2.3",    "1e",         "e1",
                             ".",        "-",          "+",
                             "_1",       "._5",        ".5_0",
                             "0o8",      "1 2",        "0x1FFFFFFFFFFFFFFFFF",
                             "<<",       "=",          "-.e5",
                             "infinity", "NaN"}) {
        CAPTURE(word);
        if (std::string_view(word) == "-") continue;
        CHECK(typed(word) == '"' + std::string(word) + '"');
    }
}

TEST_CASE("quoted and block scalars are strings") {
    CHECK(typed("\"true\"") == "\"true\"");
    CHECK(typed("'010'") == "\"010\"");
    CHECK(typed("''") == "\"\"");
    CHECK(typed("|-\n  123") == "\"123\"");
    CHECK(typed(">-\n  yes") == "\"yes\"");
}

TEST_CASE("numbers that JSON cannot hold are faults") {
    for (const char* word : {".nan", ".NaN", ".inf", "-.Inf", "+.INF"})
        CHECK(typed(word) == "1:4 unsupported value: " + std::string(word) + "\n");
}

TEST_CASE("tags") {
    CHECK(typed("!!str 5") == "\"5\"");
    CHECK(typed("!!str") == "\"\"");
    CHECK(typed("!!int \"5\"") == "5");
    CHECK(typed("!!float 5") == "5");
    CHECK(typed("!!bool yes") == "true");
    CHECK(typed("!!null ''") == "null");
    CHECK(typed("!!binary aGVsbG8=") == "\"hello\"");
    CHECK(typed("!!timestamp 2001-01-01") == "\"2001-01-01\"");
    CHECK(typed("!custom 5") == "\"5\"");
    CHECK(typed("! 5") == "\"5\"");
    CHECK(typed("! \"5\"") == "\"5\"");
    CHECK(typed("!!map {a: 1}") == "{\"a\":1}");
    CHECK(typed("!!int 1.5") == "1:4 cannot decode \"1.5\" as a !!int\n");
    CHECK(typed("!!int x") == "1:4 cannot decode \"x\" as a !!int\n");
    CHECK(typed("!!bool 1") == "1:4 cannot decode \"1\" as a !!bool\n");
    CHECK(typed("!!binary a") == "1:4 !!binary value contains invalid base64 data\n");
    CHECK(typed("!!binary /w==") == "1:4 !!binary value is not UTF-8 text\n");
}

TEST_CASE("keys become strings") {
    CHECK(key("a b") == "a b");
    CHECK(key("on") == "true");
    CHECK(key("'on'") == "on");
    CHECK(key("0x10") == "16");
    CHECK(key("1.5") == "1.5");
    CHECK(key("2001-01-01") == "2001-01-01");
    CHECK(key("\"<<\"") == "<<");
    CHECK(key("~") == "1:1 unsupported map key of type null\n");
    CHECK(key("? [a]\n") == "1:3 invalid map key: array\n");
    CHECK(key("{a: b}") == "1:1 invalid map key: object\n");
}

}  // namespace gatefile::tree
