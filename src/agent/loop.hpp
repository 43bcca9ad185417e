// SPDX-License-Identifier: Apache-2.0
//
// Waits for what changes and does what is due, one thing at a time.
#pragma once

#include <optional>

#include "cluster_input.hpp"
#include "gatefile/agent/agent.hpp"
#include "gatefile/base/unique_fd.hpp"
#include "gatefile/http/client.hpp"
#include "health.hpp"
#include "keeper.hpp"
#include "live_picture.hpp"
#include "metrics.hpp"
#include "targets.hpp"

namespace gatefile::agent {

/// What is referred to outlives the loop.
struct LoopParts {
    AgentSettings& settings;  ///< what they say of Traefik is put right once Traefik has told it
    publish::Output output;
    Kept kept;
    Targets& targets;
    http::Client& client;
    std::optional<ClusterAccess> access;  ///< absent: manifests
    base::UniqueFd signals;
    const Log& log;
    Metrics& metrics;
    Health& health;
    LivePicture* picture;  ///< null: there is no page
};

/// Until a signal ends it.
base::Result<void> run_loop(LoopParts parts);

}  // namespace gatefile::agent
