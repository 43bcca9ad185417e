// SPDX-License-Identifier: Apache-2.0
#include "transfer.hpp"

#include <ctime>

#include <fmt/format.h>

#include "failure.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::http {

namespace {

/// More than any server means; keeps a hostile one from filling our memory.
constexpr std::size_t max_warnings = 100;

bool fits_in_header(std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

/// Retry-After (RFC 9110 §10.2.3): seconds or a date.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view value) {
    if (const auto seconds = base::parse_int(value)) {
        if (*seconds < 0) return std::nullopt;
        return std::chrono::seconds(*seconds);
    }
    const std::time_t at = curl_getdate(std::string(value).c_str(), nullptr);
    if (at == -1) return std::nullopt;
    const std::time_t now = std::time(nullptr);
    return std::chrono::seconds(at > now ? at - now : 0);
}

}  // namespace

Transfer::Transfer(Client::Id id, Call call, Done done, Chunk chunk)
    : id_(id), call_(std::move(call)), done_(std::move(done)), chunk_(std::move(chunk)) {}

std::optional<CallError> Transfer::prepare() {
    easy_ = make_easy_handle();
    if (!easy_) return CallError{Failure::Broken, "libcurl is out of memory"};
    CURL* const easy = easy_.get();
    std::optional<Renamed> renamed;
    if (call_.peer) {
        set_peer(easy, *call_.peer);
        if (!call_.peer->server_name.empty() && call_.url.starts_with("https:")) {
            auto result = rename_server(call_.url, call_.peer->server_name);
            if (!result) return CallError{Failure::Unreachable, result.error().text};
            renamed = *std::move(result);
            append(connect_to_, renamed->connect_to);
        }
    }
    if (!call_.connect_to.empty()) {
        connect_to_.reset();
        append(connect_to_, "::" + call_.connect_to);
    }
    if (!call_.unix_socket.empty())
        curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, call_.unix_socket.c_str());
    if (connect_to_) curl_easy_setopt(easy, CURLOPT_CONNECT_TO, connect_to_.get());
    if (!call_.target.empty()) curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, call_.target.c_str());
    if (call_.bare) {
        curl_easy_setopt(easy, CURLOPT_USERAGENT, nullptr);
        curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, nullptr);
    }
    if (auto error = set_headers(renamed)) return error;
    curl_easy_setopt(easy, CURLOPT_URL, renamed ? renamed->url.c_str() : call_.url.c_str());
    curl_easy_setopt(
        easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(call_.connect_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(call_.timeout.count()));
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_.data());
    curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
    set_body();
    return std::nullopt;
}

void Transfer::set_body() {
    CURL* const easy = easy_.get();
    if (call_.method == "HEAD") {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
        return;
    }
    const bool has_body = !call_.body.empty() || call_.method == "POST" || call_.method == "PUT" ||
                          call_.method == "PATCH";
    if (has_body) {
        curl_easy_setopt(
            easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call_.body.size()));
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call_.body.data());
    }
    if (has_body || call_.method != "GET") {
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call_.method.c_str());
    }
}

std::optional<CallError> Transfer::set_headers(const std::optional<Renamed>& renamed) {
    bool has_content_type = false;
    bool has_host = false;
    bool has_accept = false;
    for (const auto& [name, value] : call_.headers) {
        if (name.empty() || !fits_in_header(name) || !fits_in_header(value)) {
            // Not the value: it may be a token.
            return CallError{Failure::Broken,
                             fmt::format("the header {} cannot be sent: it holds a line break",
                                         base::quote_for_message(name))};
        }
        has_content_type = has_content_type || base::equals_ignoring_case(name, "Content-Type");
        has_accept = has_accept || base::equals_ignoring_case(name, "Accept");
        has_host = has_host || base::equals_ignoring_case(name, "Host");
        // libcurl takes "Name:" for "do not send it".
        append(headers_, value.empty() ? name + ';' : fmt::format("{}: {}", name, value));
    }
    if (renamed && !has_host) append(headers_, "Host: " + renamed->host);
    if (call_.bare && !has_accept) append(headers_, "Accept:");
    // What libcurl would add to a body by itself.
    append(headers_, "Expect:");
    if (!has_content_type) append(headers_, "Content-Type:");
    curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, headers_.get());
    return std::nullopt;
}

int Transfer::status() const {
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    return static_cast<int>(status);
}

std::size_t Transfer::take_body(std::string_view bytes) {
    if (chunk_ && status() / 100 == 2) {
        chunk_bytes_ += bytes;
        return bytes.size();
    }
    if (bytes.size() > call_.max_body - body_.size()) {
        too_large_ = true;
        return 0;  // libcurl breaks the transfer off
    }
    body_ += bytes;
    return bytes.size();
}

void Transfer::take_header(std::string_view line) {
    if (line.starts_with("HTTP/")) {  // the headers before were those of a 1xx
        retry_after_.reset();
        warnings_.clear();
        response_headers_.clear();
        return;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = base::trim(line.substr(colon + 1));
    response_headers_.emplace_back(name, value);
    if (base::equals_ignoring_case(name, "Retry-After")) retry_after_ = parse_retry_after(value);
    if (base::equals_ignoring_case(name, "Warning") && warnings_.size() < max_warnings) {
        warnings_.emplace_back(value);
    }
}

std::size_t Transfer::on_body(char* bytes, std::size_t size, std::size_t count, void* self) {
    return static_cast<Transfer*>(self)->take_body({bytes, size * count});
}

std::size_t Transfer::on_header(char* bytes, std::size_t size, std::size_t count, void* self) {
    static_cast<Transfer*>(self)->take_header({bytes, size * count});
    return size * count;
}

void Transfer::deliver_chunk() {
    if (chunk_bytes_.empty() || silenced_) return;
    const std::string bytes = std::exchange(chunk_bytes_, {});
    chunk_(bytes);
}

void Transfer::finish(CURLcode code) {
    deliver_chunk();
    if (silenced_) return;
    if (too_large_) {
        fail(
            {Failure::TooLarge, fmt::format("the answer is longer than {} bytes", call_.max_body)});
        return;
    }
    if (code != CURLE_OK) {
        fail(describe_failure(easy_.get(), code, error_.data(), call_));
        return;
    }
    Answer answer;
    answer.response.status = status();
    answer.response.body = std::move(body_);
    answer.retry_after = retry_after_;
    answer.warnings = std::move(warnings_);
    answer.headers = std::move(response_headers_);
    done_(std::move(answer));
}

void Transfer::fail(CallError error) {
    if (silenced_) return;
    Answer answer;
    answer.error = std::move(error);
    if (easy_) answer.response.status = status();
    answer.retry_after = retry_after_;
    answer.warnings = std::move(warnings_);
    done_(std::move(answer));
}

}  // namespace gatefile::http
