// SPDX-License-Identifier: Apache-2.0
//
// Looks for each published generation in Traefik's API: often while it is young, now and then once
// it was seen, because Traefik may restart.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "gatefile/agent/agent.hpp"
#include "gatefile/http/client.hpp"
#include "health.hpp"
#include "metrics.hpp"

namespace gatefile::agent {

enum class Proven : std::uint8_t {
    Nothing,  ///< nothing was published yet
    Waiting,
    Loaded,
    NotLoaded,  ///< not within the time; it is looked for all the same
};

class Proof {
public:
    using Clock = std::chrono::steady_clock;

    Proof(const AgentSettings& settings,
          http::Client& client,
          const Log& log,
          Metrics& metrics,
          Health& health);
    ~Proof();
    Proof(const Proof&) = delete;
    Proof& operator=(const Proof&) = delete;

    /// Whether there is an API to ask.
    bool enabled() const { return settings_.traefik_api.has_value(); }
    /// What is published from now on; the same generation again changes nothing.
    void expect(const std::string& generation);

    std::optional<Clock::time_point> due() const;
    void turn(Clock::time_point now);

    Proven state() const { return state_; }
    const std::string& generation() const { return generation_; }
    /// Why it is not loaded and where to look; a clause.
    const std::string& problem() const { return problem_; }
    /// Whether the state has changed since the last call.
    bool take_changed() { return std::exchange(changed_, false); }

private:
    void ask();
    void answered(const http::Answer& answer);
    void enter(Proven state, std::string problem);
    void schedule(Clock::time_point now);

    const AgentSettings& settings_;
    http::Client& client_;
    const Log& log_;
    Metrics& metrics_;
    Health& health_;
    std::string url_;

    Proven state_ = Proven::Nothing;
    std::string generation_;
    std::string problem_;
    bool changed_ = false;
    http::Client::Id call_ = 0;
    Clock::time_point published_;
    Clock::time_point missed_since_;  ///< since when it has not been seen
    std::optional<Clock::time_point> due_;
};

}  // namespace gatefile::agent
