// SPDX-License-Identifier: Apache-2.0
#include "proxy.hpp"

#include <doctest/doctest.h>

namespace gatefile::source {

namespace {

using Environment = std::map<std::string, std::string>;

std::string proxy(const std::string& server, const Environment& environment) {
    const auto found = proxy_of_environment(server, environment);
    return found ? *found : found.error().text;
}

bool is_direct(const std::string& server, const std::string& no_proxy) {
    const Environment both{
        {"HTTPS_PROXY", "http://p:1"}, {"HTTP_PROXY", "http://p:2"}, {"NO_PROXY", no_proxy}};
    return proxy(server, both).empty();
}

}  // namespace

TEST_CASE("the proxy is chosen by the server's scheme, capitals first") {
    const std::string server = "https://api.test:6443";
    CHECK(proxy(server, {}) == "");
    CHECK(proxy(server, {{"HTTP_PROXY", "http://p:1"}, {"ALL_PROXY", "http://p:2"}}) == "");
    CHECK(proxy("http://api.test", {{"HTTPS_PROXY", "http://p:1"}}) == "");
    CHECK(proxy("http://api.test", {{"http_proxy", "http://p:1"}}) == "http://p:1");
    CHECK(proxy(server, {{"HTTPS_PROXY", "http://p:1"}, {"https_proxy", "http://p:2"}}) ==
          "http://p:1");
    CHECK(proxy(server, {{"HTTPS_PROXY", ""}, {"https_proxy", "http://p:2"}}) == "http://p:2");
    CHECK(proxy(server, {{"https_proxy", "p:3128"}}) == "http://p:3128");
}

TEST_CASE("what cannot be a proxy is refused without being shown") {
    for (const char* bad : {"ftp://u:secret@p", "http://", "http://p q"}) {
        CAPTURE(bad);
        CHECK(proxy("https://api.test", {{"HTTPS_PROXY", bad}}) ==
              "HTTPS_PROXY must be a URL with scheme http, https or socks5, or NO_PROXY name "
              "\"api.test\"");
        CHECK(proxy("https://api.test", {{"HTTPS_PROXY", bad}, {"NO_PROXY", "api.test"}}) == "");
    }
    for (const char* good : {"https://p", "socks5://p:1080", "socks5h://u:x@p"}) {
        CHECK(proxy("https://api.test", {{"HTTPS_PROXY", good}}) == good);
    }
}

TEST_CASE("NO_PROXY is read as Go reads it") {
    for (const char* list : {"api.test",
                             "other, API.test ,",
                             "test",
                             ".test",
                             "*.test",
                             "api.test:6443",
                             "test:6443",
                             "*"}) {
        CAPTURE(list);
        CHECK(is_direct("https://Api.test:6443/k8s/clusters/c-1", list));
    }
    for (const char* list : {"",
                             ",",
                             "pi.test",
                             ".api.test",
                             "*.api.test",
                             "api.test:443",
                             ":6443",
                             "api.*",
                             "api.test.",
                             "est"}) {
        CAPTURE(list);
        CHECK(!is_direct("https://api.test:6443", list));
    }
    CHECK(is_direct("https://api.test", "api.test:443"));
    CHECK(is_direct("http://api.test", "api.test:80"));
}

TEST_CASE("addresses and networks in NO_PROXY") {
    for (const char* list : {"10.1.2.3",
                             "10.1.2.3:6443",
                             "10.0.0.0/8",
                             "10.1.2.0/23",
                             "10.1.2.3/32",
                             "0.0.0.0/0",
                             "::ffff:10.1.2.3"}) {
        CAPTURE(list);
        CHECK(is_direct("https://10.1.2.3:6443", list));
    }
    for (const char* list : {"10.1.2.4",
                             "10.1.2.3:443",
                             "10.1.4.0/23",
                             "10.1.2.2/32",
                             "::/0",
                             "10.0.0.0/33",
                             "10.0.0.0/"}) {
        CAPTURE(list);
        CHECK(!is_direct("https://10.1.2.3:6443", list));
    }
    CHECK(is_direct("https://[fd00::1]:6443", "fd00:0::1"));
    CHECK(is_direct("https://[fd00::1]:6443", "[fd00::1]:6443"));
    CHECK(is_direct("https://[fd00::1]", "fd00::/16"));
    CHECK(!is_direct("https://[fd00::1]:6443", "fd01::/16"));
    CHECK(!is_direct("https://[fd00::1]:6443", "0.0.0.0/0"));
}

TEST_CASE("no proxy is asked for a server at loopback") {
    for (const char* server : {"https://localhost:6443",
                               "https://127.0.0.1:6443",
                               "http://127.9.9.9",
                               "https://[::1]:6443",
                               "https://[::1]"}) {
        CAPTURE(server);
        CHECK(is_direct(server, ""));
    }
    CHECK(!is_direct("https://128.0.0.1", ""));
    CHECK(!is_direct("https://localhost.test", ""));
}

}  // namespace gatefile::source
