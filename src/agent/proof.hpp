// SPDX-License-Identifier: Apache-2.0
//
// Looks for a published generation in Traefik's API until it is there or the time is up.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "gatefile/agent/agent.hpp"

namespace gatefile::agent {

class Proof {
public:
    using Clock = std::chrono::steady_clock;

    Proof(const AgentSettings& settings, const Log& log) : settings_(settings), log_(log) {}

    /// A new generation is out.
    void expect(std::string generation);
    /// When look() should be called next; nothing while there is nothing to prove.
    std::optional<Clock::time_point> due() const;
    void look();

private:
    const AgentSettings& settings_;
    const Log& log_;
    std::string generation_;
    Clock::time_point published_;
    std::optional<Clock::time_point> due_;
};

}  // namespace gatefile::agent
