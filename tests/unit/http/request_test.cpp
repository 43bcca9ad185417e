// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <doctest/doctest.h>

#include "gatefile/http/request.hpp"
#include "local_server.hpp"

namespace gatefile::http {

namespace {

std::string at(int port) {
    return fmt::format("127.0.0.1:{}", port);
}

}  // namespace

TEST_CASE("a request goes where connect_to says, and as it is written") {
    const Answer answer = send({.method = "PURGE",
                                .url = "http://shop.example/",
                                .headers = {{"Host", "other.example:81"}, {"X-A", "1"}, {"X-A", ""}},
                                .connect_to = at(LocalServer::get().plain_port()),
                                .target = "/echo//",
                                .bare = true});
    REQUIRE(!answer.error);
    CHECK(answer.response.status == 501);  // http.server knows no PURGE, and says so
    CHECK(answer.response.body.find("PURGE") != std::string::npos);
    const Answer got = send({.url = "http://shop.example/",
                             .headers = {{"Host", "other.example:81"}, {"X-A", "1"}, {"X-A", ""}},
                             .connect_to = at(LocalServer::get().plain_port()),
                             .target = "/echo//",
                             .bare = true});
    REQUIRE(!got.error);
    CHECK(got.response.body == "GET /echo//\nHost: other.example:81\nX-A: 1\nX-A: \n\n");
}

TEST_CASE("the URL's host is the server name that is asked for and verified") {
    const LocalServer& server = LocalServer::get();
    Peer peer = server.peer();
    peer.server_name.clear();
    const auto ask = [&](const std::string& name) {
        return send({.url = "https://" + name + "/echo",
                     .peer = std::make_shared<const Peer>(peer),
                     .connect_to = at(server.tls_port())});
    };
    CHECK(!ask("api.test").error);
    const Answer other = ask("other.test");
    REQUIRE(other.error);
    CHECK(other.error->failure == Failure::Untrusted);
    peer.verify_name = false;
    CHECK(!ask("other.test").error);
    peer.ca_pem = server.file("other-ca.pem");
    CHECK(ask("other.test").error);
}

TEST_CASE("all headers of the answer are given, in order") {
    const Answer answer = send({.url = LocalServer::get().plain("/busy")});
    REQUIRE(!answer.error);
    std::vector<std::string> warnings;
    for (const auto& [name, value] : answer.headers)
        if (name == "Warning") warnings.push_back(value);
    CHECK(warnings == std::vector<std::string>{"299 - \"first\"", "299 - \"second\""});
}

TEST_CASE("how the peer ended a connection without an answer") {
    const LocalServer& server = LocalServer::get();
    const auto ending = [](const std::string& url) {
        const Answer answer = send({.url = url});
        REQUIRE(answer.error);
        INFO(answer.error->text);
        return answer.error->ending;
    };
    CHECK(ending(server.plain("/hang-up")) == Ending::Closed);
    // What is there speaks no TLS; nobody refused anything.
    CHECK(ending("https://" + at(server.plain_port())) == Ending::Other);
}

TEST_CASE("what get() fails with names the URL") {
    const auto failed = get("http://127.0.0.1:1/x", {.timeout = std::chrono::milliseconds(500)});
    REQUIRE(!failed);
    CHECK(failed.error().kind == base::ErrorKind::Network);
    CHECK(failed.error().text.starts_with("http://127.0.0.1:1/x: "));
}

}  // namespace gatefile::http
