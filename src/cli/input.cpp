// SPDX-License-Identifier: Apache-2.0
#include "input.hpp"

#include <utility>

#include <fmt/format.h>

#include "exit.hpp"
#include "gatefile/source/cluster.hpp"
#include "progress.hpp"
#include "settings.hpp"

namespace gatefile::cli {

base::Result<source::ManifestSettings> reading_settings(const Options& options) {
    source::ManifestSettings settings = manifest_settings(options);
    if (options.crds.empty()) return settings;
    auto definitions = source::read_definitions(options.crds, options.recursive);
    if (!definitions) return definitions.error();
    settings.read.definitions = std::move(*definitions);
    return settings;
}

base::Result<std::shared_ptr<const api::Snapshot>>
read_objects(const Options& options, diag::Diagnostics& reading, SourceTexts* texts) {
    if (options.from == "cluster") {
        if (!options.with.empty() || !options.crds.empty()) {
            return base::Error{base::ErrorKind::Usage,
                               "--with and --crds are for manifests, not for --from cluster"};
        }
        Progress progress("reading the cluster", "objects");
        return source::read_cluster(
            access_settings(options),
            {.namespaces = options.watch_namespaces,
             .poll = {},
             .seen = [&progress](const auto&, const auto&, const auto&) { progress.add(); }},
            {.degraded = [](const source::ClusterNews& news) {
                print_error(fmt::format("{}: {}\n", news.resource, news.problem));
            }});
    }
    if (options.files.empty()) {
        return base::Error{base::ErrorKind::Usage, "-f or --from cluster is wanted"};
    }
    auto settings = reading_settings(options);
    if (!settings) return settings.error();
    Progress progress("reading manifests", "files");
    settings->seen = [&progress, texts](const std::string& name, std::string_view bytes) {
        progress.add();
        if (name == "-" && texts != nullptr) texts->keep(name, std::string(bytes));
    };
    auto manifests = source::read_manifests(*settings, reading);
    if (!manifests) return manifests.error();
    return std::move(manifests->snapshot);
}

}  // namespace gatefile::cli
