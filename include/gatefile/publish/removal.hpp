// SPDX-License-Identifier: Apache-2.0
//
// Leaving a directory (`gatefile cleanup`): what was published there goes, and what was kept beside
// it; the directory stays, because Traefik may watch it.
#pragma once

#include <string>
#include <vector>

#include "gatefile/base/result.hpp"

namespace gatefile::publish {

struct RemovalReport {
    std::vector<std::string> removed;  ///< paths; of a plan what would be
    struct Left {
        std::string path;
        std::string why;  ///< a clause
    };
    std::vector<Left> left;
};

struct RemovalSettings {
    std::string directory;
    bool plan_only = false;
    bool force = false;  ///< even while another process publishes there
};

/// Removes the files that the ownership record names and that hold what we wrote; those that were
/// edited are left. Then the sub-directory of ours, as far as what is in it is ours. A directory
/// that is missing or was never ours holds nothing. Refused while the directory's lock is held.
base::Result<RemovalReport> remove_published(const RemovalSettings& settings);

/// The same of a --state-dir: the last good output, whose files are named by their hash.
base::Result<RemovalReport> remove_state(const RemovalSettings& settings);

}  // namespace gatefile::publish
