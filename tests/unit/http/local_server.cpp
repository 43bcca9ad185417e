// SPDX-License-Identifier: Apache-2.0
#include "local_server.hpp"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <doctest/doctest.h>

namespace gatefile::http {

namespace {

std::string address(const std::string& scheme, int port) {
    return scheme + "://127.0.0.1:" + std::to_string(port);
}

}  // namespace

const LocalServer& LocalServer::get() {
    static const LocalServer server;
    return server;
}

LocalServer::LocalServer() {
    std::string name = (std::filesystem::temp_directory_path() / "gatefile-XXXXXX").string();
    directory_ = mkdtemp(name.data());
    const std::string command =
        "exec " GATEFILE_TEST_PYTHON " " GATEFILE_TEST_SERVER " " + directory_;
    output_ = popen(command.c_str(), "r");
    REQUIRE(output_ != nullptr);
    const int read = fscanf(output_,
                            "%d %d %d %d %d",
                            &process_,
                            &plain_port_,
                            &tls_port_,
                            &silent_port_,
                            &proxy_port_);
    REQUIRE_MESSAGE(read == 5, "server.py needs python3 and openssl");
}

LocalServer::~LocalServer() {
    if (process_ > 0) kill(process_, SIGKILL);
    pclose(output_);
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

std::string LocalServer::plain(const std::string& path) const {
    return address("http", plain_port_) + path;
}

std::string LocalServer::tls(const std::string& path) const {
    return address("https", tls_port_) + path;
}

std::string LocalServer::silent(const std::string& scheme) const {
    return address(scheme, silent_port_);
}

std::string LocalServer::proxy() const {
    return address("http", proxy_port_);
}

std::string LocalServer::file(const std::string& name) const {
    std::ifstream stream(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

Peer LocalServer::peer() const {
    return {.ca_pem = file("ca.pem"), .server_name = "api.test"};
}

bool drive(Client& client, const std::function<bool()>& until) {
    using namespace std::chrono_literals;
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!until()) {
        const auto now = std::chrono::steady_clock::now();
        if (now >= end) return false;
        const auto wake = std::min(now + 20ms, client.due().value_or(end));
        const auto wait = std::max(0ms, std::chrono::ceil<std::chrono::milliseconds>(wake - now));
        pollfd readable{.fd = client.fd(), .events = POLLIN, .revents = 0};
        poll(&readable, 1, static_cast<int>(wait.count()));
        client.turn();
    }
    return true;
}

Answer ask(Client& client, Call call) {
    std::optional<Answer> answer;
    client.start(std::move(call), [&](Answer got) { answer = std::move(got); });
    REQUIRE(drive(client, [&] { return answer.has_value(); }));
    return *std::move(answer);
}

}  // namespace gatefile::http
