// SPDX-License-Identifier: Apache-2.0
//
// Asks Traefik's API for its entry points, where they are only assumed, until it tells them.
// Traefik may be waiting for us, so nobody waits for the answer.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gatefile/agent/agent.hpp"
#include "gatefile/http/client.hpp"

namespace gatefile::agent {

class StaticProbe {
public:
    using Clock = std::chrono::steady_clock;

    StaticProbe(const AgentSettings& settings, http::Client& client, const Log& log);
    ~StaticProbe();
    StaticProbe(const StaticProbe&) = delete;
    StaticProbe& operator=(const StaticProbe&) = delete;

    /// Whether nothing can be translated yet.
    bool waits() const { return waits_; }
    /// Why; a clause. Empty: it is known, or the first answer is under way.
    const std::string& problem() const { return problem_; }
    std::optional<Clock::time_point> due() const { return call_ == 0 ? due_ : std::nullopt; }
    void turn(Clock::time_point now);
    /// Once, when it is known.
    std::optional<traefik::StaticConfig> take() { return std::exchange(found_, std::nullopt); }

private:
    void ask();
    void failed(const std::string& why);

    const AgentSettings& settings_;
    http::Client& client_;
    const Log& log_;
    bool waits_;
    std::string problem_;
    http::Client::Id call_ = 0;
    std::optional<Clock::time_point> due_;
    std::vector<http::Response> answers_;
    std::optional<traefik::StaticConfig> found_;
};

}  // namespace gatefile::agent
