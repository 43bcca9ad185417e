// SPDX-License-Identifier: Apache-2.0
//
// `gatefile agent`: keeps a directory of manifests published. Reads, translates, publishes; waits
// for the next change. Holds no translation rules.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "gatefile/agent/log.hpp"
#include "gatefile/base/result.hpp"
#include "gatefile/gatefile.hpp"
#include "gatefile/publish/output.hpp"
#include "gatefile/source/manifests.hpp"

namespace gatefile::agent {

struct AgentSettings {
    source::ManifestSettings manifests;
    Settings translate;
    publish::DirectorySettings out;
    std::optional<publish::DirectorySettings> keys;  ///< --keys files=DIR
    /// Quiet time after a change before it is read, and the longest wait while changes go on.
    std::chrono::milliseconds debounce{30};
    std::chrono::milliseconds max_delay{500};
    /// Reads again this often, whatever the file system says; absent: only where no events come.
    std::optional<std::chrono::milliseconds> poll;
    /// How long an absence without evidence is held back before it is believed.
    std::chrono::milliseconds grace{30000};
    std::optional<std::string> status_file;
    std::optional<std::string> traefik_api;  ///< base URL; each generation is looked for there
    std::chrono::milliseconds load_timeout{10000};
};

/// Runs until SIGTERM or SIGINT (finishing a publication that is under way) and leaves what is
/// published in place. SIGHUP reads again at once and publishes what it finds, held back or not.
/// An Error only when nothing could be started.
base::Result<void> run(AgentSettings settings, const Log& log);

}  // namespace gatefile::agent
