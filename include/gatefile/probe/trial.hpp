// SPDX-License-Identifier: Apache-2.0
//
// A real Traefik asked about a directory of dynamic configuration: it runs on a copy, listens on
// loopback only, and is ended again. Nothing that is not a trial of the user's own files belongs
// here: the templates in them run.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "gatefile/base/result.hpp"
#include "gatefile/traefik/static_config.hpp"

namespace gatefile::probe {

struct TrialSettings {
    std::string binary;
    std::string directory;
    /// Its entry points are opened by name, on ports that happen to be free.
    traefik::StaticConfig static_config;
    std::chrono::milliseconds limit{15000};
};

struct TrialFault {
    std::string element;  ///< "http.routers.NAME"; empty for a line of the log
    std::string text;
};

struct Trial {
    bool is_loaded = false;  ///< false: Traefik refused the directory, and the log says why
    std::vector<TrialFault> faults;
};

/// An Error when Traefik cannot be started or says nothing within the limit.
base::Result<Trial> try_directory(const TrialSettings& settings);

}  // namespace gatefile::probe
