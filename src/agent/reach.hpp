// SPDX-License-Identifier: Apache-2.0
//
// Whether a cluster may be gone: its API server has not answered for a while, longer than one that
// is only started again.
#pragma once

#include <chrono>
#include <optional>
#include <utility>

namespace gatefile::agent {

class Reach {
public:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::seconds patience{10};

    /// Whether is_lost() changed.
    bool turn(bool is_unreachable, Clock::time_point now) {
        if (!std::exchange(is_away_, is_unreachable)) since_ = now;
        const bool is_lost = is_away_ && now - since_ >= patience;
        return std::exchange(is_lost_, is_lost) != is_lost;
    }

    bool is_lost() const { return is_lost_; }

    /// When turn() has to be called, whatever happens.
    std::optional<Clock::time_point> due() const {
        if (!is_away_ || is_lost_) return std::nullopt;
        return since_ + patience;
    }

private:
    bool is_away_ = false;
    Clock::time_point since_;
    bool is_lost_ = false;
};

}  // namespace gatefile::agent
