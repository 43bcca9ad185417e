// SPDX-License-Identifier: Apache-2.0
#include "gatefile/base/url_path.hpp"

#include <doctest/doctest.h>

namespace gatefile::base {
namespace {

TEST_CASE("escapes of a path") {
    CHECK(escaped_byte("%2Fx") == 0x2F);
    CHECK(escaped_byte("%c3") == 0xC3);
    CHECK(escaped_byte("%2") == -1);
    CHECK(escaped_byte("%zz") == -1);
    CHECK(escaped_byte("a%2F") == -1);
    CHECK(decode_path("/a%2Fb%zz%") == "/a/b%zz%");
    CHECK(encode_path("/a b$&+,:;=@-._~") == "/a%20b$&+,:;=@-._~");
    CHECK(encode_path("(a)*!'[]?#%\xC3\xA9") == "%28a%29%2A%21%27%5B%5D%3F%23%25%C3%A9");
}

TEST_CASE("one byte that needs an escape has the whole path escaped anew") {
    CHECK(sent_on("/a%2fb/(c)[d]") == "/a%2fb/(c)[d]");
    CHECK(sent_on("/a%2fb/(c)|") == "/a/b/%28c%29%7C");
    CHECK(sent_on("/\xC3\xA9%41") == "/%C3%A9A");
}

}  // namespace
}  // namespace gatefile::base
