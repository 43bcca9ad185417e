// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::base {

TEST_CASE("base64 in both directions, RFC 4648 section 10") {
    const std::pair<std::string_view, std::string_view> cases[] = {{"", ""},
                                                                   {"f", "Zg=="},
                                                                   {"fo", "Zm8="},
                                                                   {"foo", "Zm9v"},
                                                                   {"foob", "Zm9vYg=="},
                                                                   {"fooba", "Zm9vYmE="},
                                                                   {"foobar", "Zm9vYmFy"},
                                                                   {"\xFF\xFE\xFD", "//79"}};
    for (const auto& [bytes, text] : cases) {
        CHECK(encode_base64(bytes) == text);
        CHECK(decode_base64(text) == std::string(bytes));
    }
}

TEST_CASE("all byte values survive") {
    std::string bytes;
    for (int i = 0; i < 256; ++i)
        bytes += static_cast<char>(i);
    CHECK(decode_base64(encode_base64(bytes)) == bytes);
}

TEST_CASE("decode_base64 is as strict as Go's StdEncoding") {
    CHECK(decode_base64("Zm\r\n9v\n") == "foo");
    CHECK(decode_base64("Zg=\n=") == "f");
    CHECK(decode_base64("Zh==") == "f");  // Go ignores the bits that are left over
    for (const std::string_view bad : {"Z",
                                       "Zg",
                                       "Zg=",
                                       "Zg===",
                                       "=",
                                       "Z===",
                                       "====",
                                       "Zg==Zg==",
                                       "Zm9v=",
                                       "Zm 9v",
                                       "Zm9_",
                                       "Zm9-",
                                       "Zg=a",
                                       "Zm9v\tZm9v"})
        CHECK_FALSE(decode_base64(bad).has_value());
}

}  // namespace gatefile::base
