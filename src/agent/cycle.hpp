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

/// Whether what is missing without evidence is taken for removed: once it was held back long
/// enough, or when an operator says so. A path that is missing or unreadable is never taken for
/// empty.
enum class Absence : std::uint8_t { NeedsEvidence, Accepted };

struct CycleOutcome {
    bool failed = false;   ///< nothing was published; the last good files stay
    bool waiting = false;  ///< something is missing without evidence
    bool published = false;
    std::string generation;
};

class Cycle {
public:
    Cycle(const AgentSettings& settings, publish::Output output, const Log& log);

    CycleOutcome run(Absence absence);

private:
    void say(const diag::Diagnostics& diagnostics);
    void write_status(const Translation& translation) const;

    const AgentSettings& settings_;
    publish::Output output_;
    const Log& log_;
    source::ManifestFollower follower_;
    bool settled_ = false;  ///< what is served is known to be what there is
    std::string said_;  ///< the diagnostics as last logged, so that only news are
};

}  // namespace gatefile::agent
