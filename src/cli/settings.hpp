// SPDX-License-Identifier: Apache-2.0
//
// Options to what the library wants; an Error (kind Usage) names the option that cannot be
// understood.
#pragma once

#include <optional>
#include <string>

#include "gatefile/agent/agent.hpp"
#include "gatefile/base/result.hpp"
#include "gatefile/gatefile.hpp"
#include "gatefile/publish/directory.hpp"
#include "gatefile/source/access.hpp"
#include "gatefile/source/manifests.hpp"
#include "options.hpp"

namespace gatefile::cli {

source::ManifestSettings manifest_settings(const Options& options);

/// What is used where --to does not say.
enum class DefaultFormat { File, AsStaticConfig };

base::Result<Settings> translation_settings(const Options& options, DefaultFormat format);
base::Result<publish::DirectorySettings> directory_settings(const Options& options,
                                                            traefik::Format format);
/// --keys; keys stay out of terminals and pipes unless they are asked for.
base::Result<traefik::KeyPlacement> key_placement(const Options& options);
/// The directory of --keys files=DIR, with the rights of the published files.
std::optional<publish::DirectorySettings> key_directory(const traefik::KeyPlacement& keys,
                                                        const publish::DirectorySettings& out);
base::Result<agent::AgentSettings> agent_settings(const Options& options);
base::Result<agent::Log> log_settings(const Options& options);

/// --kubeconfig, --context, --allow-exec and the environment.
source::AccessSettings access_settings(const Options& options);

/// "--option "value": what is wanted".
base::Error usage(std::string_view option, std::string_view value, std::string_view wanted);
base::Result<std::optional<std::chrono::milliseconds>> duration(std::string_view option,
                                                                const std::string& text);

/// A whole file; the Error names it.
base::Result<std::string> read_whole_file(const std::string& path);

}  // namespace gatefile::cli
