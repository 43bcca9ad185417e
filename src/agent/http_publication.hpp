// SPDX-License-Identifier: Apache-2.0
//
// What is published, for the HTTP provider of other Traefiks: they ask every few seconds and take
// 200 or nothing. Whoever can ask gets the private keys, so that all but loopback needs a token and
// TLS (agent_settings.cpp).
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "gatefile/agent/agent.hpp"
#include "gatefile/agent/log.hpp"
#include "gatefile/base/result.hpp"
#include "gatefile/base/time.hpp"
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

/// What is shown to whoever asks.
struct ShownCertificate {
    std::string file;  ///< empty: there is no TLS
    base::Timestamp not_after;
    std::string fault;  ///< why what the files hold by now is not shown; a clause, or empty
};

/// Answers for a Publication at one address.
class PublicationServer {
public:
    using Clock = std::chrono::steady_clock;

    /// Both `publication` and `log` must outlive it.
    static base::Result<PublicationServer>
    open(const Publication& publication, HttpTarget target, const Log& log);

    /// Looks now and then at the certificate's files, and shows what they hold by now if it can be
    /// used. Whether another one is shown.
    bool turn(Clock::time_point now);
    const ShownCertificate& certificate() const { return shown_; }

private:
    struct Pair;
    static base::Result<Pair> read(const HttpTarget& target);
    PublicationServer(HttpTarget target, const Log& log, HttpServer server)
        : target_(std::move(target)), log_(&log), server_(std::move(server)) {}
    void note(std::string fault);

    HttpTarget target_;
    const Log* log_;
    HttpServer server_;
    std::string id_;    ///< of the pair that is shown
    std::string seen_;  ///< the fault that the last look found
    ShownCertificate shown_;
    Clock::time_point look_at_;
};

}  // namespace gatefile::agent
