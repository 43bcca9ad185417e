// SPDX-License-Identifier: Apache-2.0
#include "http_session.hpp"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "gatefile/publish/secret_file.hpp"

namespace gatefile::publish {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds connect_timeout{3000};
/// Of one answer; a large transaction takes its time.
constexpr milliseconds answer_timeout{30000};
/// How often somebody who waits asks whether he is to stop.
constexpr milliseconds look_up{200};

base::Result<std::shared_ptr<const http::Peer>> read_peer(const StoreSettings& settings) {
    http::Peer peer;
    const auto read = [](const std::string& path) {
        return path.empty() ? base::Result<std::string>(std::string()) : read_mounted_file(path);
    };
    auto ca = read(settings.ca_file);
    if (!ca) return ca.error();
    auto certificate = read(settings.certificate_file);
    if (!certificate) return certificate.error();
    auto key = read(settings.key_file);
    if (!key) return key.error();
    peer.ca_pem = std::move(*ca);
    peer.certificate_pem = std::move(*certificate);
    peer.key_pem = base::SecretBytes(std::move(*key));
    return std::make_shared<const http::Peer>(std::move(peer));
}

}  // namespace

base::Result<HttpSession> HttpSession::open(const StoreSettings& settings,
                                            const std::atomic<bool>& stopped) {
    auto client = http::Client::open();
    if (!client) return client.error();
    HttpSession session(std::move(*client),
                        (settings.tls ? "https://" : "http://") + settings.address,
                        stopped);
    if (settings.tls) {
        auto peer = read_peer(settings);
        if (!peer) return peer.error();
        session.peer_ = std::move(*peer);
    }
    return session;
}

base::Result<http::Response> HttpSession::send(http::Call call) {
    call.url = base_ + call.url;
    call.peer = peer_;
    call.connect_timeout = connect_timeout;
    call.timeout = answer_timeout;
    std::optional<http::Answer> answer;
    const auto id = client_.start(
        std::move(call), [&answer](http::Answer given) { answer = std::move(given); });
    while (!answer) {
        if (*stopped_) {
            client_.cancel(id);
            return base::Error{base::ErrorKind::Network, "stopped meanwhile"};
        }
        auto pause = look_up;
        if (const auto due = client_.due()) {
            const auto left = std::chrono::ceil<milliseconds>(
                *due - std::chrono::steady_clock::now());
            pause = std::clamp(left, milliseconds{0}, look_up);
        }
        pollfd socket{client_.fd(), POLLIN, 0};
        ::poll(&socket, 1, static_cast<int>(pause.count()));
        client_.turn();
    }
    if (answer->error) return base::Error{base::ErrorKind::Network, answer->error->text};
    return std::move(answer->response);
}

}  // namespace gatefile::publish
