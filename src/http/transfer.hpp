// SPDX-License-Identifier: Apache-2.0
//
// One call while it runs: its handle, what was sent with it and what came back so far. libcurl's
// callbacks only store; nothing of the caller's is run inside libcurl, which allows no calls back.
#pragma once

#include <curl/curl.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "easy_handle.hpp"
#include "gatefile/http/client.hpp"

namespace gatefile::http {

class Transfer {
public:
    Transfer(Client::Id id, Call call, Done done, Chunk chunk);
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;
    ~Transfer() = default;

    /// Makes the handle ready to be run; what it returns is a reason why it cannot be.
    std::optional<CallError> prepare();

    Client::Id id() const { return id_; }
    CURL* easy() const { return easy_.get(); }

    bool has_chunk() const { return !chunk_bytes_.empty(); }
    /// Gives what has come since to the caller. The transfer must outlive the call.
    void deliver_chunk();
    /// Nothing more is given to the caller.
    void silence() { silenced_ = true; }
    /// The end of the call: what is left for `chunk`, then `done`.
    void finish(CURLcode code);
    void fail(CallError error);

private:
    void set_body();
    std::optional<CallError> set_headers(const std::optional<Renamed>& renamed);
    std::size_t take_body(std::string_view bytes);
    void take_header(std::string_view line);
    int status() const;

    static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self);
    static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* self);

    Client::Id id_;
    Call call_;
    Done done_;
    Chunk chunk_;
    List headers_;
    List connect_to_;
    std::array<char, CURL_ERROR_SIZE> error_{};
    std::string body_;
    std::string chunk_bytes_;
    std::optional<std::chrono::seconds> retry_after_;
    std::vector<std::string> warnings_;
    std::vector<std::pair<std::string, std::string>> response_headers_;
    bool too_large_ = false;
    bool silenced_ = false;
    EasyHandle easy_;  ///< last, so that it goes first: it points to the rest
};

}  // namespace gatefile::http
