// SPDX-License-Identifier: Apache-2.0
#include "port.hpp"

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "gatefile/base/unique_fd.hpp"
#include "http_server.hpp"

using namespace gatefile;
using agent::Check;
using agent::Health;
using agent::Metrics;
using agent::Port;

namespace {

base::UniqueFd connect_to(unsigned port, int family = AF_INET) {
    base::UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience{10, 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(static_cast<in_port_t>(port));
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr_in6 in6{};
    in6.sin6_family = AF_INET6;
    in6.sin6_port = in.sin_port;
    in6.sin6_addr = in6addr_loopback;
    const int status =
        family == AF_INET
            ? ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&in), sizeof in)
            : ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&in6), sizeof in6);
    return status == 0 ? std::move(fd) : base::UniqueFd();
}

std::string read_all(const base::UniqueFd& fd) {
    std::string out;
    char buffer[4096];
    while (true) {
        const ssize_t count = ::recv(fd.get(), buffer, sizeof buffer, 0);
        if (count <= 0) return out;
        out.append(buffer, static_cast<std::size_t>(count));
    }
}

std::string send_raw(unsigned port, std::string_view bytes, int family = AF_INET) {
    const base::UniqueFd fd = connect_to(port, family);
    if (!fd) return "no connection";
    static_cast<void>(::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
    return read_all(fd);
}

std::string ask(unsigned port, std::string_view path, std::string_view method = "GET") {
    return send_raw(
        port, fmt::format("{} {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", method, path));
}

bool answers(const std::string& response, std::string_view status_line) {
    return response.rfind(status_line, 0) == 0;
}

std::string body_of(const std::string& response) {
    const auto at = response.find("\r\n\r\n");
    return at == std::string::npos ? "no body" : response.substr(at + 4);
}

struct Opened {
    explicit Opened(std::string_view address = "127.0.0.1:0")
        : port(Port::open(address, {health, metrics, &picture})) {}

    unsigned number() const { return port->number(); }

    Health health{true};
    Metrics metrics;
    agent::LivePicture picture{Settings{}};
    base::Result<Port> port;
};

}  // namespace

TEST_CASE("the paths answer what there is to know") {
    Opened opened;
    REQUIRE(opened.port.has_value());
    const unsigned port = opened.number();
    REQUIRE(port != 0);

    CHECK(body_of(ask(port, "/livez")) == "ok");
    CHECK(body_of(ask(port, "/healthz?verbose")) == "[+]loop ok\nlivez check passed\n");
    CHECK(answers(ask(port, "/readyz"), "HTTP/1.1 503 "));
    CHECK(answers(ask(port, "/readyz/published"), "HTTP/1.1 503 "));

    opened.health.pass(Check::Published);
    CHECK(answers(ask(port, "/readyz/published"), "HTTP/1.1 200 "));
    CHECK(answers(ask(port, "/readyz"), "HTTP/1.1 503 "));
    opened.health.pass(Check::Loaded);
    CHECK(body_of(ask(port, "/readyz")) == "ok");
    const std::string list = "[-]synced failed: not every kind has been listed yet\n"
                             "[+]published ok\n[+]loaded ok\nreadyz check passed\n";
    CHECK(body_of(ask(port, "/readyz?verbose")) == list);
    CHECK(body_of(ask(port, "/readyz?x=1&verbose=true")) == list);

    CHECK(answers(ask(port, "/readyz/nothing"), "HTTP/1.1 404 "));
    CHECK(answers(ask(port, "/metrics/"), "HTTP/1.1 404 "));
}

TEST_CASE("the metrics come as Prometheus wants them") {
    Opened opened;
    REQUIRE(opened.port.has_value());
    opened.metrics.set(agent::Metric::PublishBytes, {}, 77);
    const std::string response = ask(opened.number(), "/metrics");
    CHECK(answers(response, "HTTP/1.1 200 "));
    CHECK(response.find("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n") !=
          std::string::npos);
    CHECK(body_of(response).find("\ngatefile_publish_bytes 77\n") != std::string::npos);
}

TEST_CASE(
    "the page may load nothing but its data, and the data come again only when they changed") {
    Opened opened;
    REQUIRE(opened.port.has_value());
    const unsigned port = opened.number();
    const std::string page = ask(port, "/");
    CHECK(answers(page, "HTTP/1.1 200 "));
    CHECK(page.find("Content-Security-Policy: default-src 'none'; script-src 'sha256-") !=
          std::string::npos);
    CHECK(page.find("X-Content-Type-Options: nosniff\r\n") != std::string::npos);
    CHECK(page.find("X-Frame-Options: DENY\r\n") != std::string::npos);
    CHECK(answers(ask(port, "/", "POST"), "HTTP/1.1 405 "));

    CHECK(answers(ask(port, "/graph.json"), "HTTP/1.1 503 "));
    opened.picture.show({std::make_shared<const api::Snapshot>(), {}, "0123456789abcdef"});
    opened.picture.tell({"loaded by Traefik", "good", "", {}});
    const std::string data = ask(port, "/graph.json");
    CHECK(answers(data, "HTTP/1.1 200 "));
    CHECK(data.find("generation 0123456789ab: loaded by Traefik") != std::string::npos);
    const auto at = data.find("ETag: ");
    REQUIRE(at != std::string::npos);
    const std::string tag = data.substr(at + 6, data.find("\r\n", at) - at - 6);
    const std::string again = fmt::format(
        "GET /graph.json HTTP/1.1\r\nHost: x\r\nIf-None-Match: {}\r\nConnection: close\r\n\r\n",
        tag);
    CHECK(answers(send_raw(port, again), "HTTP/1.1 304 "));
    opened.picture.tell({"not loaded by Traefik", "bad", "why", {}});
    CHECK(answers(send_raw(port, again), "HTTP/1.1 200 "));
}

TEST_CASE("without a page there is none") {
    const Health health{false};
    const Metrics metrics;
    CHECK(agent::answer({"/", false, ""}, {health, metrics, nullptr}).status == 404);
    CHECK(agent::answer({"/graph.json", false, ""}, {health, metrics, nullptr}).status == 404);
}

TEST_CASE("only GET and HEAD, and no bodies") {
    Opened opened;
    REQUIRE(opened.port.has_value());
    const unsigned port = opened.number();
    const std::string head = ask(port, "/livez", "HEAD");
    CHECK(answers(head, "HTTP/1.1 200 "));
    CHECK(head.find("Content-Length: 2\r\n") != std::string::npos);
    CHECK(body_of(head).empty());
    for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "NONSENSE"}) {
        const std::string response = ask(port, "/livez", method);
        CHECK(answers(response, "HTTP/1.1 405 "));
        CHECK(response.find("Allow: GET, HEAD\r\n") != std::string::npos);
    }
    CHECK_FALSE(
        answers(send_raw(port, "GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"),
                "HTTP/1.1 200 "));
}

TEST_CASE("what is no request, or too large a one, ends its connection only") {
    Opened opened;
    REQUIRE(opened.port.has_value());
    const unsigned port = opened.number();
    CHECK_FALSE(answers(send_raw(port, "\x16\x03\x01 hello\r\n\r\n"), "HTTP/1.1 200 "));
    CHECK_FALSE(answers(ask(port, "/livez?" + std::string(20'000, 'a')), "HTTP/1.1 200 "));
    CHECK_FALSE(answers(
        send_raw(port,
                 "GET /livez HTTP/1.1\r\nHost: x\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n"),
        "HTTP/1.1 200 "));
    CHECK(answers(ask(port, "/%72eadyz/..%2f%00"), "HTTP/1.1 404 "));
    CHECK(body_of(ask(port, "/livez")) == "ok");
}

TEST_CASE("who holds connections is cut off, and others are answered") {
    Opened opened;
    REQUIRE(opened.port.has_value());
    const auto start = std::chrono::steady_clock::now();
    std::vector<base::UniqueFd> idle;
    for (int i = 0; i < 100; ++i)
        idle.push_back(connect_to(opened.number()));
    CHECK(read_all(idle.front()).empty());
    const auto held = std::chrono::steady_clock::now() - start;
    CHECK(held > std::chrono::seconds(3));
    CHECK(held < std::chrono::seconds(9));
    idle.clear();
    std::string late;
    for (int i = 0; i < 50 && late != "ok"; ++i) {
        late = body_of(ask(opened.number(), "/livez"));
        ::usleep(20'000);
    }
    CHECK(late == "ok");
}

TEST_CASE("an address that is taken is an error, and free again when the port is gone") {
    auto first = std::make_unique<Opened>();
    REQUIRE(first->port.has_value());
    const std::string address = fmt::format("127.0.0.1:{}", first->number());
    const Opened second(address);
    REQUIRE_FALSE(second.port.has_value());
    CHECK(second.port.error().kind == base::ErrorKind::Network);
    CHECK(second.port.error().text ==
          fmt::format("listening on {}: bind: Address already in use", address));
    CHECK(body_of(ask(first->number(), "/livez")) == "ok");
    first.reset();
    CHECK(Opened(address).port.has_value());
}

TEST_CASE("addresses are numbers, of either family or all of the machine") {
    Opened every(":0");
    REQUIRE(every.port.has_value());
    CHECK(body_of(ask(every.number(), "/livez")) == "ok");
    Opened six("[::1]:0");
    if (six.port) {  // a machine may have no IPv6
        CHECK(body_of(send_raw(six.number(), "GET /livez HTTP/1.0\r\n\r\n", AF_INET6)) == "ok");
        CHECK(body_of(send_raw(every.number(), "GET /livez HTTP/1.0\r\n\r\n", AF_INET6)) == "ok");
        CHECK_FALSE(connect_to(six.number()));
    }
    for (const char* bad : {"",
                            "9191",
                            "localhost:9191",
                            "127.0.0.1",
                            "127.0.0.1:",
                            ":65536",
                            ":-1",
                            "::1:9191",
                            "[127.0.0.1]:1",
                            "[::1]",
                            "[]:1",
                            "1.2.3:80",
                            ":http"}) {
        const Opened refused(bad);
        REQUIRE_FALSE(refused.port.has_value());
        CHECK(refused.port.error().kind == base::ErrorKind::Usage);
    }
    // An address of another machine (TEST-NET-1).
    const Opened foreign("192.0.2.1:0");
    REQUIRE_FALSE(foreign.port.has_value());
    CHECK(foreign.port.error().kind == base::ErrorKind::Network);
}

TEST_CASE("a library without TLS is told of as what it is, before the key pair is looked at") {
    agent::ServerSettings settings{.address = "127.0.0.1:0", .certificate_pem = "any"};
    settings.has_tls = false;
    const auto opened =
        agent::HttpServer::open(settings, [](const agent::Question&) { return agent::Reply{}; });
    REQUIRE_FALSE(opened);
    CHECK(opened.error().kind == base::ErrorKind::Unsupported);
    CHECK(opened.error().text.find("was built without TLS") != std::string::npos);
    settings.certificate_pem.clear();
    CHECK(agent::HttpServer::open(settings, [](const agent::Question&) { return agent::Reply{}; }));
}
