// SPDX-License-Identifier: Apache-2.0
//
// What is published, for the HTTP provider of other Traefiks: they ask every few seconds and take
// 200 or nothing. Whoever can ask gets the private keys, so that all but loopback needs a token and
// TLS (agent_settings.cpp).
#pragma once

#include <memory>
#include <string>

#include "gatefile/agent/agent.hpp"
#include "gatefile/base/result.hpp"
#include "http_server.hpp"

namespace gatefile::agent {

/// Shared by all addresses; safe from any thread.
class Publication {
public:
    Publication();
    ~Publication();
    Publication(const Publication&) = delete;
    Publication& operator=(const Publication&) = delete;

    void show(std::shared_ptr<const std::string> bytes, std::string generation);

    /// What a GET is answered: 503 before there is anything, 304 for If-None-Match, 401 where the
    /// token is another than that of `target`, which is read each time.
    Reply answer(const Question& question, const HttpTarget& target) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The server asks `publication`, which must outlive it.
base::Result<HttpServer> serve(const Publication& publication, const HttpTarget& target);

}  // namespace gatefile::agent
