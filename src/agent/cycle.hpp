// SPDX-License-Identifier: Apache-2.0
//
// One turn of the agent: read, translate, publish, say what changed.
#pragma once

#include <optional>
#include <string>

#include "gatefile/agent/agent.hpp"
#include "gatefile/publish/output.hpp"
#include "gatefile/source/manifests.hpp"

namespace gatefile::agent {

/// Whether a shrinking of what is served is believed without evidence.
enum class Shrinking : std::uint8_t { Guarded, Believed };

struct CycleOutcome {
    bool failed = false;  ///< nothing was published; the last good files stay
    bool held = false;
    bool published = false;
    std::string generation;
};

class Cycle {
public:
    Cycle(const AgentSettings& settings, publish::Output output, const Log& log);

    CycleOutcome run(Shrinking shrinking);

private:
    void say(const diag::Diagnostics& diagnostics);
    void write_status(const Translation& translation) const;

    const AgentSettings& settings_;
    publish::Output output_;
    const Log& log_;
    source::ManifestFollower follower_;
    std::string said_;  ///< the diagnostics as last logged, so that only news are
};

}  // namespace gatefile::agent
