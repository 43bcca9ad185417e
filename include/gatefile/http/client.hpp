// SPDX-License-Identifier: Apache-2.0
//
// Many HTTP requests at once on one thread: libcurl's multi interface behind one epoll descriptor,
// so that a caller with an event loop of its own never blocks. HTTP/1.1, one connection per
// running request (a watch holds one for minutes), idle ones are used again. Half-open connections
// are noticed by TCP keepalive and TCP_USER_TIMEOUT (45 s), not by waiting for the kernel.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatefile/base/result.hpp"
#include "gatefile/base/secret_bytes.hpp"
#include "gatefile/http/request.hpp"

namespace gatefile::http {

/// How a peer is reached and who we are to it. Immutable: a rotated certificate is a new value,
/// and connections made with the old one are not used for it.
struct Peer {
    std::string ca_pem;  ///< empty: the system's certificates
    bool verify = true;  ///< false: insecure-skip-tls-verify
    std::string certificate_pem;
    base::SecretBytes key_pem;
    std::string server_name;  ///< tls-server-name: asked for and checked instead of the URL's host
    std::string proxy;        ///< http://, https:// or socks5:// URL; empty: none, whatever the
                              ///< environment says
};

struct Call {
    std::string method = "GET";
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::shared_ptr<const Peer> peer;  ///< null: plain http or the system's certificates
    std::chrono::milliseconds connect_timeout{10000};
    std::chrono::milliseconds timeout{30000};  ///< zero: none (a stream)
    std::size_t max_body = 512u << 20;         ///< of what is collected in Response::body
};

/// Why a call ended without a response.
enum class Failure : std::uint8_t {
    Unreachable,  ///< no address, refused, no route, or not within connect_timeout
    Untrusted,    ///< the peer's certificate is not one that we accept
    TimedOut,     ///< not within `timeout`
    Broken,       ///< the connection ended in the middle, or what came is no HTTP
    TooLarge,
};

struct CallError {
    Failure failure = Failure::Broken;
    std::string text;  ///< a clause with what libcurl says
};

struct Answer {
    std::optional<CallError> error;
    Response response;  ///< of a stream: status only, and the body when it is not 2xx
    std::optional<std::chrono::seconds> retry_after;
    std::vector<std::string> warnings;  ///< Warning headers, as they came
};

using Done = std::function<void(Answer)>;
/// Bytes of a 2xx response as they come.
using Chunk = std::function<void(std::string_view)>;

class Client {
public:
    using Id = std::uint64_t;

    static base::Result<Client> open();
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;
    ~Client();

    /// `done` is called once, from turn(), unless the call is cancelled. With `chunk` the body of a
    /// 2xx response goes there and is not collected. Handlers may start and cancel calls; they must
    /// not end or move the client.
    Id start(Call call, Done done, Chunk chunk = {});
    /// Nothing of the call is heard of any more. An unknown or ended id is fine.
    void cancel(Id id);

    /// Readable when turn() has something to do.
    int fd() const;
    /// When turn() has to be called though nothing is readable.
    std::optional<std::chrono::steady_clock::time_point> due() const;
    /// Does what can be done without waiting.
    void turn();

private:
    struct State;
    explicit Client(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace gatefile::http
