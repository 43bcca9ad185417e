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

/// What in Traefik's log tells why it has not loaded what is published; a clause.
std::string where_the_log_tells(const std::string& provider);

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
    /// Whether it is known by now, for better or worse.
    bool is_decided() const { return state_ == Proven::Loaded || state_ == Proven::NotLoaded; }
    const std::string& generation() const { return generation_; }
    /// Why it is not loaded and where to look; a clause.
    const std::string& problem() const { return problem_; }
    /// What is the matter when Traefik's API does not answer, or refuses to, whatever the state is
    /// so far.
    std::optional<std::string> silence(Clock::time_point now = Clock::now()) const;
    /// Whether the state has changed since the last call.
    bool take_changed() { return std::exchange(changed_, false); }
    /// Whether the Traefik that serves the generation may be another one since the last call: what
    /// it was asked once has to be asked again.
    bool take_anew() { return std::exchange(anew_, false); }
    /// What is the matter with Traefik's version, if anything is.
    const std::optional<traefik::Unfit>& unfit() const { return unfit_; }

private:
    void ask();
    void answered(const http::Answer& answer);
    void judge_plugin(const std::string& version);
    void ask_version();
    void judge_version(const http::Answer& answer);
    void judge_restart(const http::Answer& answer, Clock::time_point now);
    void enter(Proven state, std::string problem);
    void schedule(Clock::time_point now);
    void learn_first_wait();

    const AgentSettings& settings_;
    http::Client& client_;
    const Log& log_;
    Metrics& metrics_;
    Health& health_;
    std::string url_;

    Proven state_ = Proven::Nothing;
    std::string generation_;
    std::string problem_;
    std::optional<std::string> plugin_;  ///< the version that was complained of
    std::optional<traefik::Version> version_;  ///< the one that was complained of
    std::optional<traefik::Unfit> unfit_;
    std::string said_;     ///< the body of the last answer that showed a generation
    std::string said_of_;  ///< that generation
    bool was_silent_ = true;  ///< since then
    bool anew_ = false;
    Clock::time_point looked_;  ///< when anew_ was set last
    bool changed_ = false;
    http::Client::Id call_ = 0;
    http::Client::Id version_call_ = 0;
    Clock::time_point asked_;  ///< when `call_` began
    std::string silence_;      ///< of the last call; empty: it told something
    Clock::time_point published_;
    Clock::duration missed_{};      ///< from there to the last answer that it is not loaded
    Clock::duration first_wait_{};  ///< from there to the first question
    Clock::time_point missed_since_;  ///< since when it has not been seen
    std::optional<Clock::time_point> due_;
};

}  // namespace gatefile::agent
