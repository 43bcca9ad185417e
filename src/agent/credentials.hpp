// SPDX-License-Identifier: Apache-2.0
//
// Whether an API server may be asked: without the credentials that are meant nothing is, as whoever
// else or of whomever.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "gatefile/agent/log.hpp"
#include "gatefile/source/access.hpp"

namespace gatefile::agent {

class Credentials {
public:
    using Clock = std::chrono::steady_clock;

    /// `access` waits for its files. `cluster` is its name for the log; it may be empty.
    Credentials(source::Access& access, std::string cluster, const Log& log);

    /// Looks for what is not there yet, and renews what ends; waits for neither. Whether all is
    /// there.
    bool turn(Clock::time_point now);
    bool are_there() const { return access_.is_complete(); }
    std::optional<Clock::time_point> due() const;
    /// What is missing; empty when all is well, and when a first look takes its time.
    const std::string& fault() const { return fault_; }

private:
    void note(std::string fault);

    source::Access& access_;
    std::string cluster_;
    const Log& log_;
    std::string fault_;
    Clock::time_point look_again_;
};

}  // namespace gatefile::agent
