// SPDX-License-Identifier: Apache-2.0
//
// When to publish: at once when nothing is under way; while Traefik applies the last generation,
// changes are collected; and in a burst, more and more of them.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

namespace gatefile::agent {

class Schedule {
public:
    using Clock = std::chrono::steady_clock;
    using Moment = Clock::time_point;

    /// `settle`: quiet time after a change. `patience`: the longest that a change waits for the
    /// quiet, or for Traefik.
    Schedule(Clock::duration settle, Clock::duration patience)
        : settle_(settle), patience_(patience) {}

    void changed(Moment now) {
        last_change_ = now;
        if (!first_change_) first_change_ = now;
    }

    /// A turn begins: what changed so far is in it.
    void taken() { first_change_.reset(); }

    /// Traefik has something to do from now on.
    void applying(Moment now) { applying_since_ = now; }

    /// Traefik is done, or nobody can tell.
    void applied(Moment now) {
        applying_since_.reset();
        burst_ = first_change_ ? std::min(burst_ + 1, longest_burst) : 0;
        rest_until_ = burst_ > 0 ? now + shortest_rest * (1 << burst_) : now;
    }

    std::optional<Moment> due() const {
        if (!first_change_) return std::nullopt;
        const Moment latest = *first_change_ + patience_;
        Moment at = std::max(last_change_ + settle_, rest_until_);
        if (applying_since_) at = std::max(at, *applying_since_ + patience_);
        return std::min(at, latest);
    }

private:
    static constexpr int longest_burst = 4;
    static constexpr std::chrono::milliseconds shortest_rest{15};

    Clock::duration settle_;
    Clock::duration patience_;
    std::optional<Moment> first_change_;
    Moment last_change_;
    std::optional<Moment> applying_since_;
    Moment rest_until_;
    int burst_ = 0;
};

/// When to try again after a publication that failed.
class Retry {
public:
    using Clock = std::chrono::steady_clock;

    void note(bool failed, Clock::time_point now) {
        pause_ = failed ? std::min(pause_ * 2, longest) : shortest;
        due_ = failed ? std::optional(now + pause_) : std::nullopt;
    }
    std::optional<Clock::time_point> due() const { return due_; }

private:
    static constexpr Clock::duration shortest = std::chrono::milliseconds(500);
    static constexpr Clock::duration longest = std::chrono::seconds(10);

    Clock::duration pause_ = shortest;
    std::optional<Clock::time_point> due_;
};

}  // namespace gatefile::agent
