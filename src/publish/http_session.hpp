// SPDX-License-Identifier: Apache-2.0
//
// Requests to one store, one after the other over a connection that is kept.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "gatefile/base/result.hpp"
#include "gatefile/http/client.hpp"
#include "gatefile/publish/store.hpp"

namespace gatefile::publish {

class HttpSession {
public:
    /// Reads what TLS needs; `stopped` ends whatever waits, and outlives the session.
    static base::Result<HttpSession> open(const StoreSettings& settings,
                                          const std::atomic<bool>& stopped);

    /// `call.url` is a path and query. An Error (Network) when there is no answer.
    base::Result<http::Response> send(http::Call call);

private:
    HttpSession(http::Client client, std::string base, const std::atomic<bool>& stopped)
        : client_(std::move(client)), base_(std::move(base)), stopped_(&stopped) {}

    http::Client client_;
    std::string base_;  ///< "https://HOST:PORT"
    std::shared_ptr<const http::Peer> peer_;
    const std::atomic<bool>* stopped_;
};

}  // namespace gatefile::publish
