// SPDX-License-Identifier: Apache-2.0
//
// One turn of the agent: read, translate, publish, say what changed.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "certificate_times.hpp"
#include "gatefile/agent/agent.hpp"
#include "gatefile/publish/output.hpp"
#include "gatefile/status/write.hpp"
#include "held_output.hpp"
#include "input.hpp"
#include "keeper.hpp"
#include "live_picture.hpp"
#include "metrics.hpp"
#include "ownership.hpp"
#include "problems.hpp"
#include "targets.hpp"

namespace gatefile::agent {

struct CycleOutcome {
    bool waiting_for_input = false;  ///< something has to be read first; nothing was done
    bool failed = false;             ///< nothing was published; the last good files stay
    std::string failure;
    bool held = false;    ///< refused as an absence that nobody saw
    bool paused = false;  ///< nothing was published because an operator said so
    bool changed = false;
    bool refreshed = false;  ///< what is held was published with the servers of now
    std::string generation;
    /// What the objects are told; nothing when nothing was translated.
    std::optional<status::Report> report;
    status::OwnsGateway owns;
    /// What of our objects in the cluster is not as it should be.
    std::vector<analysis::ObjectWrite> objects;
    /// Gateway and listener of each entry point that serves any.
    std::multimap<std::string, std::pair<diag::ObjectRef, std::string>> listeners;
    /// Paused: whose part of what is served is not what it would be.
    Differing differing;
    /// Of what is served; of the last translation where nothing waits.
    std::optional<std::vector<CertificateTime>> certificates;
    ObjectErrors errors;
    LivePicture::Objects shown;  ///< for the page, where there is one
};

class Cycle {
public:
    Cycle(const AgentSettings& settings,
          publish::Output output,
          Targets& targets,
          Input& input,
          Keeper& keeper,
          const Log& log,
          Metrics& metrics);

    CycleOutcome run(Absence absence);
    /// Publishes a generation of before.
    base::Result<void> put_back(const publish::Generation& generation, publish::FileSet files);
    /// What is known of other providers from now on, and of their routers.
    void beside(std::vector<traefik::Neighbour> neighbours,
                std::optional<std::vector<std::string>> providers) {
        neighbours_ = std::move(neighbours);
        providers_ = std::move(providers);
    }

private:
    Settings settings_now() const;
    void say(const diag::Diagnostics& diagnostics);
    void count(const Translation& translation);
    bool is_too_little(const Input::Reading& read, const publish::FileSet& files) const;
    base::Result<publish::PublishReport> publish(const publish::FileSet& files, bool believed);
    void hold(Translation& translation, CycleOutcome& outcome);
    void refresh(publish::FileSet files, CycleOutcome& outcome);
    void note_published(const publish::FileSet& files);
    void note_refused(const std::vector<std::string>& refused);
    void note_held(std::size_t objects, const publish::PublishReport& report);
    void write_status(const status::Report& report) const;

    const AgentSettings& settings_;
    publish::Output output_;
    Targets& targets_;
    Input& input_;
    Keeper& keeper_;
    const Log& log_;
    Metrics& metrics_;
    bool settled_ = false;  ///< what is served is known to be what there is
    std::string said_;      ///< the diagnostics as last logged, so that only news are
    std::string held_reason_;
    std::string refused_;
    std::shared_ptr<const Told> told_;
    std::vector<traefik::Neighbour> neighbours_;
    std::optional<std::vector<std::string>> providers_;  ///< where only Traefik can tell
};

}  // namespace gatefile::agent
