// SPDX-License-Identifier: Apache-2.0
//
// One turn of the agent: read, translate, publish, say what changed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "certificate_times.hpp"
#include "gatefile/agent/agent.hpp"
#include "gatefile/publish/output.hpp"
#include "gatefile/status/write.hpp"
#include "input.hpp"
#include "live_picture.hpp"
#include "metrics.hpp"

namespace gatefile::agent {

struct CycleOutcome {
    bool waiting_for_input = false;  ///< something has to be read first; nothing was done
    bool failed = false;             ///< nothing was published; the last good files stay
    std::string failure;
    bool held = false;  ///< refused as an absence that nobody saw
    bool changed = false;
    std::string generation;
    /// What the objects are told; nothing when nothing was translated.
    std::optional<status::Report> report;
    status::OwnsGateway owns;
    /// What of our objects in the cluster is not as it should be.
    std::vector<analysis::ObjectWrite> objects;
    /// Gateway and listener of each entry point that serves any.
    std::multimap<std::string, std::pair<diag::ObjectRef, std::string>> listeners;
    LivePicture::Objects shown;  ///< for the page, where there is one
};

class Cycle {
public:
    Cycle(const AgentSettings& settings,
          publish::Output output,
          Input& input,
          const Log& log,
          Metrics& metrics);

    CycleOutcome run(Absence absence);

private:
    void say(const diag::Diagnostics& diagnostics);
    void count(const Translation& translation);
    void note_published(const Translation& translation);
    void note_held(std::size_t objects, const publish::PublishReport& report);
    void write_status(const status::Report& report) const;

    const AgentSettings& settings_;
    publish::Output output_;
    Input& input_;
    const Log& log_;
    Metrics& metrics_;
    bool settled_ = false;  ///< what is served is known to be what there is
    std::string said_;      ///< the diagnostics as last logged, so that only news are
    std::string held_reason_;
};

}  // namespace gatefile::agent
