// SPDX-License-Identifier: Apache-2.0
//
// Whether the agent lives and whether traffic may come: the loop writes, the port reads, on another
// thread. /readyz turns green with the first generation that Traefik serves (without --traefik-api:
// with the first one that is published) and stays green: one bad object, an outage of the API
// server or a full disk must not take every replica out of service while Traefik serves on.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace gatefile::agent {

enum class Check : std::uint8_t {
    Synced,     ///< every kind has been listed
    Published,  ///< there are files for Traefik; those found at the start count
    Loaded,     ///< Traefik's API shows the generation that is published
};

/// What a path answers: 200 or 503, and the text that Kubernetes' own endpoints would give.
struct Verdict {
    bool ok = false;
    std::string text;
};

class Health {
public:
    using Clock = std::chrono::steady_clock;

    /// How old the last tick may be; the loop wakes at least three times within it.
    static constexpr std::chrono::seconds max_silence{30};

    /// `proves`: generations are looked for in Traefik's API. Otherwise there is no check Loaded.
    explicit Health(bool proves, Clock::time_point now = Clock::now());

    void tick(Clock::time_point now = Clock::now());
    void pass(Check check);
    /// `reason` is a clause in plain text, shown to whoever can reach the port. Published, once
    /// passed, cannot fail: a publication that fails leaves the last good files.
    void fail(Check check, std::string reason);

    /// Whoever waits for something to be published waits no longer: /readyz/published says yes,
    /// with `reason`, though nothing is. /readyz does not.
    void waive_published(std::string reason);

    Verdict live(bool verbose, Clock::time_point now = Clock::now()) const;
    Verdict ready(bool verbose) const;
    /// One check by its name, as it is now; nothing if there is none of that name.
    std::optional<Verdict> ready_check(std::string_view name) const;

private:
    static constexpr std::size_t check_count = static_cast<std::size_t>(Check::Loaded) + 1;

    struct State {
        bool ok = false;
        std::string reason;
    };

    bool exists(Check check) const { return proves_ || check != Check::Loaded; }

    bool proves_;
    std::atomic<Clock::rep> ticked_;
    mutable std::mutex mutex_;
    std::array<State, check_count> checks_;
    bool served_ = false;
    std::optional<std::string> waived_;
};

}  // namespace gatefile::agent
