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

#include "gatefile/base/result.hpp"
#include "gatefile/http/request.hpp"

namespace gatefile::http {

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
