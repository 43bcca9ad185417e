// SPDX-License-Identifier: Apache-2.0
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <utility>

#include <doctest/doctest.h>

#include "gatefile/http/client.hpp"
#include "local_server.hpp"

namespace gatefile::http {

namespace {

std::shared_ptr<const Peer> shared(Peer peer) {
    return std::make_shared<const Peer>(std::move(peer));
}

struct PeerFixture {
    const LocalServer& server = LocalServer::get();
    Peer peer = server.peer();
    Client client = [] {
        auto opened = Client::open();
        REQUIRE(opened);
        return *std::move(opened);
    }();

    Answer ask_tls(const std::string& path) {
        return ask(client, {.url = server.tls(path), .peer = shared(peer)});
    }
    void become(const std::string& name) {
        peer.certificate_pem = server.file(name + ".pem");
        peer.key_pem = base::SecretBytes(server.file(name + ".key"));
    }
};

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

/// Where libcurl and OpenSSL are built to look for the system's authorities.
constexpr const char* system_directory = "/etc/ssl/certs";
constexpr int cannot_mount = 77;

/// How a call ends where `directory` is the system's: 0 with an answer, else 1 + Failure.
int ending_with_system(const std::string& directory, const Call& call) {
    const pid_t child = ::fork();
    if (child == 0) {
        setenv("SSL_CERT_DIR", directory.c_str(), 1);
        const bool apart =
            ::unshare(CLONE_NEWNS) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0;
        if (!apart || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount(directory.c_str(), system_directory, nullptr, MS_BIND, nullptr) != 0)
            ::_exit(cannot_mount);
        const Answer answer = send(call);
        ::_exit(answer.error ? 1 + static_cast<int>(answer.error->failure) : 0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
}

}  // namespace

TEST_CASE_FIXTURE(PeerFixture, "tls-server-name is asked for and checked, Host is the URL's") {
    const Answer answer = ask_tls("/echo");
    REQUIRE(!answer.error);
    CHECK(has(answer.response.body, "Host: 127.0.0.1:" + std::to_string(server.tls_port()) + "\n"));
    peer.server_name = "";
    const Answer by_address = ask_tls("/echo");
    REQUIRE(by_address.error);
    CHECK(by_address.error->failure == Failure::Untrusted);
    peer.server_name = "not a name";
    const Answer malformed = ask_tls("/echo");
    REQUIRE(malformed.error);
    CHECK(has(malformed.error->text, "tls-server-name"));
}

TEST_CASE_FIXTURE(PeerFixture, "a server that another authority vouches for is untrusted") {
    REQUIRE(!ask_tls("/echo").error);
    // There is an idle connection that must not be used for this peer.
    peer.ca_pem = server.file("other-ca.pem");
    const Answer answer = ask_tls("/echo");
    REQUIRE(answer.error);
    CHECK(answer.error->failure == Failure::Untrusted);
    peer.ca_pem = "no certificate";
    CHECK(ask_tls("/echo").error->failure == Failure::Untrusted);
    peer.ca_pem = "";  // the system's
    CHECK(ask_tls("/echo").error->failure == Failure::Untrusted);
    peer.verify = false;
    CHECK(!ask_tls("/echo").error);
    peer.verify = true;
    CHECK(ask_tls("/echo").error->failure == Failure::Untrusted);
}

TEST_CASE_FIXTURE(PeerFixture, "SSL_CERT_FILE stands in for the system's authorities only") {
    const std::string file = "authorities." + std::to_string(::getpid()) + ".pem";
    std::ofstream(file) << peer.ca_pem;
    setenv("SSL_CERT_FILE", file.c_str(), 1);
    const std::string named = std::exchange(peer.ca_pem, "");
    CHECK(!ask_tls("/echo").error);
    peer.ca_pem = server.file("other-ca.pem");
    CHECK(ask_tls("/echo").error->failure == Failure::Untrusted);
    std::ofstream(file) << peer.ca_pem;
    peer.ca_pem = named;
    CHECK(!ask_tls("/echo").error);
    unsetenv("SSL_CERT_FILE");
    std::filesystem::remove(file);
}

TEST_CASE_FIXTURE(PeerFixture, "whom the system trusts is a stranger where an authority is named") {
    const auto ending = [this] {
        return ending_with_system(server.path("system"),
                                  {.url = server.tls("/echo"), .peer = shared(peer)});
    };
    const std::string named = std::exchange(peer.ca_pem, "");
    const int trusted = ending();
    if (trusted == cannot_mount) {
        MESSAGE("not tested: no right to mount");
        return;
    }
    CHECK(trusted == 0);
    peer.ca_pem = server.file("other-ca.pem");
    CHECK(ending() == 1 + static_cast<int>(Failure::Untrusted));
    peer.ca_pem = named;
    CHECK(ending() == 0);
}

TEST_CASE_FIXTURE(PeerFixture, "a rotated client certificate is used at once") {
    CHECK(ask_tls("/who").response.body.starts_with("None "));
    become("client-1");
    const std::string first = ask_tls("/who").response.body;
    CHECK(first.starts_with("client one "));
    CHECK(ask_tls("/who").response.body == first);
    become("client-2");
    CHECK(ask_tls("/who").response.body.starts_with("client two "));
    peer.certificate_pem.clear();
    peer.key_pem = {};
    CHECK(ask_tls("/who").response.body.starts_with("None "));
    become("client-1");
    peer.certificate_pem += "\n";  // another text, so that no idle connection will do
    peer.key_pem = base::SecretBytes(server.file("client-2.key"));
    const Answer mixed = ask_tls("/who");
    REQUIRE(mixed.error);
    CHECK(has(mixed.error->text, "client certificate"));
}

TEST_CASE_FIXTURE(PeerFixture, "proxies come from the peer, never from the environment") {
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    setenv("no_proxy", "*", 1);
    CHECK(!ask_tls("/echo").error);
    CHECK(!ask(client, {.url = server.plain("/echo")}).error);

    const std::string direct = ask_tls("/connection").response.body;
    peer.proxy = server.proxy();
    const std::string through = ask_tls("/connection").response.body;
    CHECK(!through.empty());
    CHECK(through != direct);

    peer.proxy = "http://127.0.0.1:1";
    CHECK(ask_tls("/echo").error->failure == Failure::Unreachable);
    peer.proxy = server.proxy();
    const Answer denied = ask(client, {.url = "https://denied.test/", .peer = shared(peer)});
    REQUIRE(denied.error);
    CHECK(denied.error->failure == Failure::Unreachable);
    CHECK(denied.error->text == "the proxy answered 403 when asked for a tunnel");
    unsetenv("http_proxy");
    unsetenv("https_proxy");
    unsetenv("no_proxy");
}

}  // namespace gatefile::http
