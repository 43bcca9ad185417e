// SPDX-License-Identifier: Apache-2.0
#include "gatefile/http/client.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <doctest/doctest.h>

#include "local_server.hpp"

namespace gatefile::http {

namespace {

using namespace std::chrono_literals;

Client make_client() {
    auto client = Client::open();
    REQUIRE(client);
    return *std::move(client);
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// The socket of this process that is connected to `port`; -1 when there is none.
int socket_to(int port) {
    for (int fd = 3; fd < 1024; ++fd) {
        sockaddr_in peer{};
        socklen_t size = sizeof peer;
        if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0 &&
            peer.sin_family == AF_INET && ntohs(peer.sin_port) == port) {
            return fd;
        }
    }
    return -1;
}

int option_of(int socket, int level, int option) {
    int value = -1;
    socklen_t size = sizeof value;
    getsockopt(socket, level, option, &value, &size);
    return value;
}

/// What was called before its end came.
struct Heard {
    std::vector<std::string> chunks;
    std::optional<Answer> answer;

    Done done() {
        return [this](Answer got) { answer = std::move(got); };
    }
    Chunk chunk() {
        return [this](std::string_view bytes) { chunks.emplace_back(bytes); };
    }
};

}  // namespace

TEST_CASE("a request is sent as it was written") {
    Client client = make_client();
    const Answer answer = ask(client,
                              {.method = "PATCH",
                               .url = LocalServer::get().plain("/echo"),
                               .headers = {{"Content-Type", "application/apply-patch+yaml"},
                                           {"Authorization", "Bearer t"},
                                           {"X-Empty", ""}},
                               .body = "{}"});
    REQUIRE(!answer.error);
    CHECK(answer.response.status == 200);
    const std::string& body = answer.response.body;
    CHECK(body.starts_with("PATCH /echo\n"));
    CHECK(has(body, "Content-Type: application/apply-patch+yaml\n"));
    CHECK(has(body, "Authorization: Bearer t\n"));
    CHECK(has(body, "X-Empty:"));
    CHECK(has(body, "Accept-Encoding: gzip\n"));
    CHECK(has(body, "User-Agent: gatefile/"));
    CHECK(!has(body, "Expect"));
    CHECK(body.ends_with("\n{}"));
}

TEST_CASE("bodies without a type get none, and requests without a body stay so") {
    Client client = make_client();
    const std::string url = LocalServer::get().plain("/echo");
    CHECK(!has(ask(client, {.method = "POST", .url = url, .body = "x"}).response.body,
               "Content-Type"));
    const std::string removed = ask(client, {.method = "DELETE", .url = url}).response.body;
    CHECK(removed.starts_with("DELETE /echo\n"));
    CHECK(!has(removed, "Content-Length"));
}

TEST_CASE("headers of the answer, and no redirect is followed") {
    Client client = make_client();
    const Answer busy = ask(client, {.url = LocalServer::get().plain("/busy")});
    CHECK(busy.response.status == 429);
    CHECK(busy.response.body == "later");
    CHECK(busy.retry_after == 7s);
    CHECK(busy.warnings == std::vector<std::string>{"299 - \"first\"", "299 - \"second\""});
    const Answer until = ask(client, {.url = LocalServer::get().plain("/until")});
    REQUIRE(until.retry_after);
    CHECK(*until.retry_after > 50s);
    CHECK(*until.retry_after <= 60s);
    const Answer moved = ask(client, {.url = LocalServer::get().plain("/redirect")});
    CHECK(moved.response.status == 302);
    CHECK(!moved.retry_after);
}

TEST_CASE("gzip is unpacked, and too much of it refused") {
    Client client = make_client();
    const std::string url = LocalServer::get().plain("/gzip");
    CHECK(ask(client, {.url = url}).response.body == std::string(100000, 'a'));
    const Answer refused = ask(client, {.url = url, .max_body = 99999});
    REQUIRE(refused.error);
    CHECK(refused.error->failure == Failure::TooLarge);
}

TEST_CASE("a stream comes in pieces, before its end") {
    Client client = make_client();
    Heard heard;
    client.start(
        {.url = LocalServer::get().plain("/stream"), .timeout = 0ms}, heard.done(), heard.chunk());
    REQUIRE(drive(client, [&] { return !heard.chunks.empty(); }));
    CHECK(heard.chunks.front() == "one\n");
    CHECK(!heard.answer);
    REQUIRE(drive(client, [&] { return heard.answer.has_value(); }));
    CHECK(!heard.answer->error);
    CHECK(heard.answer->response.status == 200);
    CHECK(heard.answer->response.body.empty());
    std::string all;
    for (const std::string& chunk : heard.chunks)
        all += chunk;
    CHECK(all == "one\ntwo\nthree\n");
}

TEST_CASE("connections that died are noticed") {
    Client client = make_client();
    Heard heard;
    client.start(
        {.url = LocalServer::get().plain("/endless"), .timeout = 0ms}, heard.done(), heard.chunk());
    REQUIRE(drive(client, [&] { return !heard.chunks.empty(); }));
    const int socket = socket_to(LocalServer::get().plain_port());
    REQUIRE(socket >= 0);
    CHECK(option_of(socket, SOL_SOCKET, SO_KEEPALIVE) == 1);
    CHECK(option_of(socket, IPPROTO_TCP, TCP_KEEPIDLE) == 30);
    CHECK(option_of(socket, IPPROTO_TCP, TCP_KEEPINTVL) == 5);
    CHECK(option_of(socket, IPPROTO_TCP, TCP_USER_TIMEOUT) == 45000);
}

TEST_CASE("a refused stream has its body in the answer") {
    Client client = make_client();
    Heard heard;
    client.start({.url = LocalServer::get().plain("/nowhere")}, heard.done(), heard.chunk());
    REQUIRE(drive(client, [&] { return heard.answer.has_value(); }));
    CHECK(heard.answer->response.status == 404);
    CHECK(heard.answer->response.body == "nothing here");
    CHECK(heard.chunks.empty());
}

TEST_CASE("handlers cancel themselves and others, and start new calls") {
    Client client = make_client();
    const std::string endless = LocalServer::get().plain("/endless");
    Heard other;
    Heard next;
    int chunks = 0;
    bool ended = false;
    const Client::Id other_id =
        client.start({.url = endless, .timeout = 0ms}, other.done(), other.chunk());
    REQUIRE(drive(client, [&] { return !other.chunks.empty(); }));
    Client::Id own_id = 0;
    own_id = client.start(
        {.url = endless, .timeout = 0ms},
        [&](const Answer&) { ended = true; },
        [&](std::string_view) {
            ++chunks;
            client.cancel(own_id);
            client.cancel(other_id);
            client.start({.url = LocalServer::get().plain("/echo")}, next.done());
        });
    REQUIRE(drive(client, [&] { return next.answer.has_value(); }));
    const std::size_t heard = other.chunks.size();
    const auto later = std::chrono::steady_clock::now() + 100ms;
    drive(client, [&] { return std::chrono::steady_clock::now() > later; });
    CHECK(chunks == 1);
    CHECK(!ended);
    CHECK(!other.answer);
    CHECK(other.chunks.size() == heard);
    CHECK(next.answer->response.status == 200);
    client.cancel(own_id);
    client.cancel(12345);
}

TEST_CASE("a call that is cancelled from another's end is not heard of") {
    Client client = make_client();
    Heard second;
    Client::Id second_id = 0;
    bool first_ended = false;
    // Both have failed when the first is told.
    client.start({.url = "gopher://127.0.0.1/"}, [&](const Answer&) {
        first_ended = true;
        client.cancel(second_id);
    });
    second_id = client.start({.url = "gopher://127.0.0.1/"}, second.done());
    REQUIRE(drive(client, [&] { return first_ended; }));
    client.turn();
    CHECK(!second.answer);
}

TEST_CASE("calls are forgotten with their client") {
    Heard heard;
    {
        Client client = make_client();
        client.start({.url = LocalServer::get().plain("/endless"), .timeout = 0ms},
                     heard.done(),
                     heard.chunk());
        REQUIRE(drive(client, [&] { return heard.chunks.size() > 1; }));
    }
    CHECK(!heard.answer);
}

TEST_CASE("many streams at once, and their connections are used again") {
    Client client = make_client();
    std::size_t answered = 0;
    for (int i = 0; i < 100; ++i) {
        client.start(
            {.url = LocalServer::get().plain("/stream"), .timeout = 0ms},
            [&](const Answer& answer) {
                CHECK(!answer.error);
                ++answered;
            },
            [](std::string_view) {});
    }
    REQUIRE(drive(client, [&] { return answered == 100; }));
    const Call call{.url = LocalServer::get().plain("/connection")};
    const std::string first = ask(client, call).response.body;
    CHECK(ask(client, call).response.body == first);
}

TEST_CASE("why a call failed") {
    Client client = make_client();
    const auto failure = [&](Call call) {
        const Answer answer = ask(client, std::move(call));
        REQUIRE(answer.error);
        return *answer.error;
    };
    const LocalServer& server = LocalServer::get();
    const CallError refused = failure({.url = "http://127.0.0.1:1/"});
    CHECK(refused.failure == Failure::Unreachable);
    CHECK(has(refused.text, "Connection refused"));
    // Also when the name server never answers.
    CHECK(failure({.url = "http://no-such-host.invalid/", .connect_timeout = 300ms}).failure ==
          Failure::Unreachable);
    CHECK(failure({.url = "gopher://127.0.0.1/"}).failure == Failure::Unreachable);
    CHECK(failure({.url = server.plain("/broken")}).failure == Failure::Broken);
    const CallError garbage = failure({.url = server.plain("/garbage")});
    CHECK(garbage.failure == Failure::Broken);
    CHECK(garbage.text == "what came is no HTTP");
    CHECK(failure({.url = "https" + server.plain("/echo").substr(4)}).failure == Failure::Broken);

    const CallError slow = failure({.url = server.plain("/slow"), .timeout = 200ms});
    CHECK(slow.failure == Failure::TimedOut);
    CHECK(slow.text == "no complete answer within 0.2 s");
    const CallError silent = failure({.url = server.silent("http"), .timeout = 200ms});
    CHECK(silent.failure == Failure::TimedOut);
    const CallError unfinished =
        failure({.url = server.silent("https"), .connect_timeout = 200ms, .timeout = 5s});
    CHECK(unfinished.failure == Failure::Unreachable);
    CHECK(unfinished.text == "no connection within 0.2 s");

    const CallError injected =
        failure({.url = server.plain("/echo"), .headers = {{"X-A", "b\r\nX-C: secret"}}});
    CHECK(injected.failure == Failure::Broken);
    CHECK(!has(injected.text, "secret"));
}

TEST_CASE("a slow connection on which something was sent before has timed out") {
    Client client = make_client();
    REQUIRE(!ask(client, {.url = LocalServer::get().plain("/echo")}).error);
    const Answer answer = ask(client, {.url = LocalServer::get().plain("/slow"), .timeout = 200ms});
    REQUIRE(answer.error);
    CHECK(answer.error->failure == Failure::TimedOut);
}

}  // namespace gatefile::http
