// SPDX-License-Identifier: Apache-2.0
//
// A small HTTP server over libmicrohttpd (this module is its only user), on a thread of its own:
// GET and HEAD, no bodies, bounded in connections, memory and time. What is answered is the
// caller's.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "gatefile/base/result.hpp"
#include "gatefile/base/secret_bytes.hpp"

namespace gatefile::agent {

struct Reply {
    unsigned status = 200;
    std::string_view content_type;
    std::string body;
    std::shared_ptr<const std::string> shared_body;  ///< in place of `body`, and not copied
    std::string tag;                                 ///< an ETag; empty: nothing is to be cached
    std::string policy;                              ///< Content-Security-Policy; empty: none
    std::string generation;                          ///< X-Gatefile-Generation; empty: none
};

struct Question {
    std::string_view path;
    bool verbose = false;            ///< ?verbose was given
    std::string_view known_tag;      ///< If-None-Match
    std::string_view authorization;  ///< Authorization
};

/// Called on the server's thread.
using Answerer = std::function<Reply(const Question&)>;

/// Whether libmicrohttpd was built with TLS.
bool library_has_tls();

struct ServerSettings {
    /// "127.0.0.1:9191", "[::1]:9191", ":9191" (every address of the machine); port 0 takes a free
    /// one.
    std::string address;
    std::string certificate_pem;  ///< empty: no TLS
    base::SecretBytes key_pem;
    unsigned connections = 64;
    /// One client that trickles cannot take all of them.
    unsigned connections_per_address = 16;
    bool has_tls = library_has_tls();  ///< tests say otherwise
};

class HttpServer {
public:
    /// Errors: Usage for what is no address, or no key pair; Network for an address that is taken
    /// or not ours; Unsupported where TLS is wanted and the library has none.
    static base::Result<HttpServer> open(const ServerSettings& settings, Answerer answer);
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;
    HttpServer(HttpServer&&) noexcept;
    HttpServer& operator=(HttpServer&&) noexcept;
    ~HttpServer();

    /// The port that is listened on.
    unsigned number() const;

    /// Shows another key pair from now on. Whoever is connected has to connect again; where it
    /// cannot be used the one from before is shown on.
    base::Result<void> show(std::string certificate_pem, base::SecretBytes key_pem);

private:
    struct State;
    explicit HttpServer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace gatefile::agent
