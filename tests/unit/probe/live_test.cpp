// SPDX-License-Identifier: Apache-2.0
#include "gatefile/probe/live.hpp"

#include <doctest/doctest.h>

namespace gatefile::probe {
namespace {

Address address(std::string_view text) {
    auto parsed = parse_address(text);
    REQUIRE(parsed);
    return *parsed;
}

analysis::Question question(std::string_view url) {
    return *analysis::make_question("GET", url);
}

}  // namespace

TEST_CASE("an address is a URL's scheme, host and port") {
    CHECK(address("http://10.0.0.1").to == "10.0.0.1:80");
    CHECK(address("https://lb.example/").to == "lb.example:443");
    CHECK(address("https://lb.example:8443").to == "lb.example:8443");
    CHECK(address("http://[fd00::1]").to == "[fd00::1]:80");
    CHECK(address("http://[fd00::1]:8080").to == "[fd00::1]:8080");
    CHECK(address("9000=http://127.0.0.1:9").port == 9000);
    CHECK_FALSE(address("http://127.0.0.1:9").port);
}

TEST_CASE("what is no address") {
    for (const std::string_view text : {"",
                                        "127.0.0.1:80",
                                        "tcp://127.0.0.1:80",
                                        "http://",
                                        "http://h/path",
                                        "http://h/?a=b",
                                        "x=http://h",
                                        "0=http://h",
                                        "70000=http://h",
                                        "=http://h"}) {
        INFO(text);
        CHECK_FALSE(parse_address(text));
    }
}

TEST_CASE("a request goes where its scheme does, and its port if that is named") {
    const std::vector<Address> addresses = {
        address("http://a"), address("9000=http://b"), address("https://c")};
    const auto to = [&](std::string_view url) { return address_for(addresses, question(url)); };
    CHECK(to("http://shop.example/")->to == "a:80");
    CHECK(to("http://shop.example:9001/")->to == "a:80");
    CHECK(to("http://shop.example:9000/")->to == "b:80");
    CHECK(to("https://shop.example:9000/")->to == "c:443");
    CHECK(address_for({address("9000=http://b")}, question("http://shop.example/")) == nullptr);
    CHECK(address_for({address("https://c")}, question("http://shop.example/")) == nullptr);
}

TEST_CASE("nobody there is an error that names the address") {
    const auto asked = ask(question("http://shop.example/"), address("http://127.0.0.1:1"), {});
    REQUIRE_FALSE(asked);
    CHECK(asked.error().kind == base::ErrorKind::Network);
    CHECK(asked.error().text.starts_with("http://127.0.0.1:1: "));
}

}  // namespace gatefile::probe
