// SPDX-License-Identifier: Apache-2.0
//
// Options to what the library wants; an Error (kind Usage) names the option that cannot be
// understood.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/agent/agent.hpp"
#include "gatefile/base/result.hpp"
#include "gatefile/gatefile.hpp"
#include "gatefile/publish/directory.hpp"
#include "gatefile/source/access.hpp"
#include "gatefile/source/manifests.hpp"
#include "options.hpp"

namespace gatefile::cli {

source::ManifestSettings manifest_settings(const Options& options);

base::Result<graph::Selection> selection_settings(const Options& options);
/// --lease; nothing without it.
std::optional<agent::LeaseSettings> lease_settings(const Options& options);
/// What tells the objects of this instance from those of another one in the same cluster.
std::string instance_of(const Options& options);

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
/// Quiet time where nothing else is said: watches tell one by one what belongs together, but within
/// a moment.
inline constexpr std::chrono::milliseconds cluster_debounce{1};
base::Result<agent::AgentSettings> agent_settings(const Options& options);
/// --publish and what belongs to it; the rest of `settings` is there.
base::Result<void> choose_targets(const Options& options, agent::AgentSettings& settings);
base::Result<agent::Log> log_settings(const Options& options);

/// 128 bits from the operating system, in hexadecimal.
std::string random_word();

/// --kubeconfig, --context, --allow-exec and the environment.
source::AccessSettings access_settings(const Options& options);

/// One of --from.
struct ClusterChoice {
    std::string name;  ///< the context; empty: it stands alone
    int weight = 1;    ///< --cluster-weight
    source::AccessSettings access;
};
bool reads_cluster(const Options& options);
/// --from and --cluster-weight: the cluster with the Gateways, then those beside it; none: manifests.
base::Result<std::vector<ClusterChoice>> chosen_clusters(const Options& options);
/// The one with the Gateways.
base::Result<source::AccessSettings> chosen_home(const Options& options);
/// For what is there for one cluster alone. `what` asks.
base::Result<source::AccessSettings> chosen_cluster(const Options& options, std::string_view what);

/// "--option "value": what is wanted".
base::Error usage(std::string_view option, std::string_view value, std::string_view wanted);
base::Result<std::optional<std::chrono::milliseconds>> duration(std::string_view option,
                                                                const std::string& text);

/// A whole file; the Error names it.
base::Result<std::string> read_whole_file(const std::string& path);

}  // namespace gatefile::cli
