// SPDX-License-Identifier: Apache-2.0
//
// What the agent's page shows. The loop leaves what it has anyway: the snapshot, which status
// writing keeps too, and what was found while reading it. The translation is done again when
// somebody asks, on the port's thread; its result is kept while they go on asking.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "fault_probe.hpp"
#include "gatefile/gatefile.hpp"

namespace gatefile::agent {

class LivePicture {
public:
    using Clock = std::chrono::steady_clock;
    /// The result is dropped when nobody has asked for this long.
    static constexpr std::chrono::seconds kept_for{60};

    explicit LivePicture(const Settings& settings);
    /// With what is translated from now on.
    void use(const Settings& settings);

    /// What was translated last.
    struct Objects {
        std::shared_ptr<const api::Snapshot> snapshot;
        diag::Diagnostics found_while_reading;
        std::string generation;
    };
    void show(Objects objects);

    /// What is known of it besides.
    struct State {
        std::string text;     ///< "loaded by Traefik"
        std::string tone;     ///< "good", "warn", "bad"
        std::string problem;  ///< a clause; may be empty
        FaultProbe::Faults faults;
        bool operator==(const State&) const = default;
    };
    void tell(State state);

    struct Answer {
        std::string tag;  ///< an ETag; empty: there is nothing yet
        std::shared_ptr<const std::string> json;
    };
    /// From any thread. Without `json` when `known` is the tag of what there is.
    Answer answer(std::string_view known, Clock::time_point now = Clock::now());
    /// Lets go of a result that nobody asks for.
    void rest(Clock::time_point now);

private:
    std::string tag() const;
    std::string write() const;

    Settings settings_;
    std::string instance_;  ///< of this process: its counting begins anew
    std::mutex mutex_;
    Objects objects_;
    State state_;
    std::size_t version_ = 0;
    std::string made_of_;  ///< the tag of `made_`
    std::shared_ptr<const std::string> made_;
    Clock::time_point asked_;
};

}  // namespace gatefile::agent
