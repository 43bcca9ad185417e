// SPDX-License-Identifier: Apache-2.0
//
// `gatefile cleanup`: removes what an agent with the same settings made, in the cluster and in its
// directories, and nothing else.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gatefile/agent/agent.hpp"
#include "gatefile/base/result.hpp"
#include "gatefile/graph/build.hpp"
#include "gatefile/source/access.hpp"

namespace gatefile::agent {

struct CleanupSettings {
    std::optional<source::AccessSettings> cluster;  ///< absent: files only
    std::vector<std::string> watch_namespaces;      ///< empty: all
    graph::Selection selection;
    std::optional<LeaseSettings> lease;
    std::string services_instance;  ///< of analysis::GatewayServiceSettings
    bool services_wanted = false;   ///< that Services cannot be read is worth a word
    std::vector<std::string> directories;  ///< that were published into
    std::string state_directory;           ///< --state-dir; empty: none
    bool plan_only = false;
    bool force = false;  ///< even while an agent lives
};

struct CleanupReport {
    std::vector<std::string> removed;  ///< a line each; of a plan what would be
    std::vector<std::string> left;     ///< what stays, and why
};

/// An Error (kind Refused) while an agent lives: it would make everything again. Nothing has been
/// removed then. What cannot be removed is `left`, and the rest is gone.
base::Result<CleanupReport> clean_up(const CleanupSettings& settings);

}  // namespace gatefile::agent
