// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::base {

TEST_CASE("is_utf8 refuses surrogates, overlong forms and cut sequences") {
    CHECK(is_utf8(""));
    CHECK(is_utf8("plain ASCII, longer than eight bytes"));
    CHECK(is_utf8("\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80 \xF4\x8F\xBF\xBF"));
    CHECK(is_utf8(std::string_view("\0", 1)));
    for (const std::string_view bad : {"\x80",
                                       "\xC0\x80",
                                       "\xC1\xBF",
                                       "\xE0\x80\x80",
                                       "\xED\xA0\x80",
                                       "\xF0\x80\x80\x80",
                                       "\xF4\x90\x80\x80",
                                       "\xF8\x88\x80\x80\x80",
                                       "\xFF",
                                       "\xE2\x82",
                                       "\xC3(",
                                       "12345678\xC3"})
        CHECK_FALSE(is_utf8(bad));
    CHECK(valid_utf8_prefix("12345678\xC3\xA9\xFFx") == 10);
}

TEST_CASE("every lead byte without its continuation is refused") {
    for (unsigned lead = 0x80; lead <= 0xFF; ++lead) {
        const std::string text(1, static_cast<char>(lead));
        CHECK_FALSE(is_utf8(text));
        CHECK_FALSE(is_utf8(text + "abcdefgh"));
    }
}

TEST_CASE("count_code_points counts characters, not bytes") {
    CHECK(count_code_points("a\xC3\xA9\xF0\x9F\x98\x80") == 3);
}

TEST_CASE("quote_for_message leaves nothing that moves the cursor or forges a line") {
    CHECK(quote_for_message("web") == "\"web\"");
    CHECK(quote_for_message("a\"b\\c") == R"("a\"b\\c")");
    CHECK(quote_for_message("a\nb\r\t") == R"("a\nb\r\t")");
    CHECK(quote_for_message(std::string_view("\0\x1b[2J\x7f", 6)) == R"("\x00\x1b[2J\x7f")");
    CHECK(quote_for_message("\xE2\x80\xA8\xE2\x80\xA9") == R"("\u2028\u2029")");
    CHECK(quote_for_message("\xE2\x80\xAE\xC2\x85") == R"("\u202e\u0085")");
    CHECK(quote_for_message("\xFF\xC3") == R"("\xff\xc3")");
    CHECK(quote_for_message("\xC3\xA9") == "\"\xC3\xA9\"");
    CHECK(quote_for_message("\xF3\xA0\x80\x81") == R"("\U000e0001")");
}

TEST_CASE("quote_for_message cuts between characters and marks the cut") {
    CHECK(quote_for_message("abcdef", 3) == "\"abc\"...");
    CHECK(quote_for_message("abc", 3) == "\"abc\"");
    CHECK(quote_for_message("a\xC3\xA9", 2) == "\"a\"...");
    CHECK(quote_for_message(std::string(1'000'000, 'x')).size() == 80 + 5);
}

}  // namespace gatefile::base
