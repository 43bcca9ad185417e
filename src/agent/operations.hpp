// SPDX-License-Identifier: Apache-2.0
//
// What operators ask for over the control socket, done between two turns of the loop.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "control.hpp"
#include "cycle.hpp"
#include "keeper.hpp"
#include "problems.hpp"

namespace gatefile::agent {

class Operations {
public:
    using Clock = std::chrono::steady_clock;

    /// What of the loop it needs.
    struct Loop {
        /// Reads and publishes at once.
        std::function<void(Absence)> turn;
        /// A rollback is published.
        std::function<void(const std::string& id)> published;
        std::function<Situation()> situation;  ///< without a report
        std::function<std::optional<status::Report>()> told;
    };

    Operations(const AgentSettings& settings,
               Cycle& cycle,
               Keeper& keeper,
               const Log& log,
               Metrics& metrics,
               Loop loop);

    /// An Error when there is no socket though one is wanted.
    base::Result<void> open();

    /// Readable when serve() has something to do; -1: there is no socket.
    int fd() const { return control_ ? control_->fd() : -1; }
    void serve();

    /// Counts what is wrong, now and then.
    std::optional<Clock::time_point> due() const { return look_at_; }
    void turn(Clock::time_point now);

private:
    ControlReply answer(const ControlRequest& request);
    ControlReply status();
    ControlReply pause(const ControlRequest& request);
    ControlReply roll_back(const ControlRequest& request);
    ControlReply held(const Hold& hold) const;
    ControlReply resume();
    ControlReply release();
    std::vector<Problem> look(const Situation& situation);

    const AgentSettings& settings_;
    Cycle& cycle_;
    Keeper& keeper_;
    const Log& log_;
    Metrics& metrics_;
    Loop loop_;
    std::optional<Control> control_;
    ProblemTimes times_;
    std::optional<Clock::time_point> look_at_ = Clock::time_point{};
};

}  // namespace gatefile::agent
