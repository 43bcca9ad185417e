// SPDX-License-Identifier: Apache-2.0
//
// HTTP requests over libcurl (this module is its only user): http and https, bounded in time and
// size, no redirects, by no proxy but one that is named. One at a time here, many in client.hpp.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gatefile/base/result.hpp"
#include "gatefile/base/secret_bytes.hpp"

namespace gatefile::http {

struct Response {
    int status = 0;
    std::string body;
};

/// How a peer is reached and who we are to it. Immutable: a rotated certificate is a new value,
/// and connections made with the old one are not used for it.
struct Peer {
    std::string ca_pem;       ///< nobody else is trusted; empty: the system's certificates
    bool verify = true;       ///< false: insecure-skip-tls-verify
    bool verify_name = true;  ///< false: for whom the certificate is does not matter
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
    std::string connect_to;                    ///< "HOST:PORT" to connect to, whatever the URL says
    std::string unix_socket;  ///< path of a socket to connect to, whatever the URL says
    std::string target;       ///< path and query, sent as they are; empty: the URL's
    bool bare = false;        ///< no User-Agent, Accept and Accept-Encoding but those of `headers`
};

/// Why a call ended without a response.
enum class Failure : std::uint8_t {
    Unreachable,  ///< no address, refused, no route, or not within connect_timeout
    Untrusted,    ///< the peer's certificate is not one that we accept
    TimedOut,     ///< not within `timeout`
    Broken,       ///< the connection ended in the middle, or what came is no HTTP
    TooLarge,
};

/// What the peer did to end a connection before it had answered.
enum class Ending : std::uint8_t {
    Other,      ///< nothing, or it is not known
    Alert,      ///< refused TLS, in so many words
    Handshake,  ///< closed the connection instead of a TLS handshake
    Closed,     ///< closed the connection instead of an answer
};

struct CallError {
    Failure failure = Failure::Broken;
    std::string text;  ///< a clause with what libcurl says
    Ending ending = Ending::Other;
};

struct Answer {
    std::optional<CallError> error;
    Response response;  ///< of a stream: status only, and the body when it is not 2xx
    std::optional<std::chrono::seconds> retry_after;
    std::vector<std::string> warnings;                         ///< Warning headers, as they came
    std::vector<std::pair<std::string, std::string>> headers;  ///< all of them, in order
};

/// One call, waited for.
Answer send(Call call);

struct RequestOptions {
    std::chrono::milliseconds timeout{5000};
    std::size_t max_body = 64u << 20;
};
/// GET, plainly.
base::Result<Response> get(const std::string& url, const RequestOptions& options = {});

}  // namespace gatefile::http
