// SPDX-License-Identifier: Apache-2.0
//
// Would Traefik 3.7 load this directory of dynamic configuration, whoever wrote it? What the file
// provider does, step by step: Go templates (text/template with sprig), YAML or TOML, fields
// (paerser), one configuration out of all files, then routers, services, middlewares and TLS as
// Traefik builds them. What no router uses is not built there and not judged here.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/base/result.hpp"
#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/traefik/static_config.hpp"

namespace gatefile::traefik {

struct DynamicFile {
    std::string name;  ///< as it is shown: the directory as given, and what is below it
    std::string bytes;
};

/// The .yml, .yaml and .toml files of a directory and those below it, in the order in which Traefik
/// reads them.
base::Result<std::vector<DynamicFile>> read_dynamic_directory(const std::string& directory);

/// What stands around the directory.
struct Surroundings {
    /// Entry points are checked only against a configuration that was given.
    std::optional<StaticConfig> static_config;
    /// The plugins of the static configuration; they are checked where they are known.
    std::optional<std::vector<std::string>> plugins;
    /// A file that the configuration names; nothing when there is none.
    std::function<std::optional<std::string>(const std::string& path)> read_file;
    /// Whether a directory exists: a file that is missing from one is missing, a file of a
    /// directory that is not here may be there where Traefik runs.
    std::function<bool(const std::string& path)> has_directory;
};

enum class Verdict {
    Loads,
    Faulty,   ///< it is loaded, but for the elements that have an error
    Unknown,  ///< it depends on what a template makes
    Refused,  ///< Traefik takes nothing of the directory
};

struct DynamicCheck {
    Verdict verdict = Verdict::Loads;
    diag::Diagnostics diagnostics;
};

DynamicCheck check_dynamic(const std::vector<DynamicFile>& files, const Surroundings& surroundings);

/// What a static configuration names below experimental.plugins and experimental.localPlugins;
/// nothing when it cannot be read.
std::optional<std::vector<std::string>> plugin_names(std::string_view text, bool is_toml);

/// "loads", "faulty", "unknown", "refused"
std::string_view verdict_name(Verdict verdict);

}  // namespace gatefile::traefik
