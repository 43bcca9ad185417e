// SPDX-License-Identifier: Apache-2.0
#include "input.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "exit.hpp"
#include "gatefile/base/strings.hpp"
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

base::Result<std::shared_ptr<const api::Snapshot>> read_clusters(
    const Options& options,
    const std::function<std::vector<diag::ObjectRef>(const api::Snapshot&)>& needed,
    const std::function<void()>& seen) {
    const auto clusters = chosen_clusters(options);
    if (!clusters) return clusters.error();
    std::shared_ptr<const api::Snapshot> home;
    std::vector<api::MemberCluster> members;
    for (const ClusterChoice& cluster : *clusters) {
        const std::string whose =
            cluster.name.empty() ? "" : "cluster " + base::quote_for_message(cluster.name);
        source::ClusterSettings settings{
            .namespaces = options.watch_namespaces,
            .poll = {},
            .seen = [&seen](const auto&, const auto&, const auto&) { seen(); }};
        std::string unread;
        source::ReadOnce once{.degraded = [&whose, &unread](const source::ClusterNews& news) {
            unread = news.resource + ": " + news.problem;
            print_error(fmt::format("{}{}{}: {}\n",
                                    whose,
                                    whose.empty() ? "" : ": ",
                                    news.resource,
                                    news.problem));
        }};
        if (home == nullptr) {
            once.needed = needed;
        } else {
            settings.kinds = {source::member_kinds.begin(), source::member_kinds.end()};
        }
        auto read = source::read_cluster(cluster.access, std::move(settings), std::move(once));
        if (!read) return whose.empty() ? read.error() : read.error().within(whose);
        if (home == nullptr) {
            home = std::move(*read);
        } else if (!unread.empty()) {
            // Without its Services it would look as if it had none.
            return base::Error{base::ErrorKind::Refused, unread}.within(whose);
        } else {
            members.push_back({cluster.name, cluster.weight, std::move(*read)});
        }
    }
    if (members.empty()) return home;
    const ClusterChoice& first = clusters->front();
    return api::join(
        *home, {.name = first.name, .weight = first.weight, .members = std::move(members)});
}

base::Result<Input>
read_input(const Options& options, diag::Diagnostics& reading, SourceTexts* texts) {
    if (reads_cluster(options)) {
        if (!options.with.empty() || !options.crds.empty()) {
            return base::Error{base::ErrorKind::Usage,
                               "--with and --crds are for manifests, not for --from cluster"};
        }
        Progress progress("reading the cluster", "objects");
        auto read = read_clusters(options, {}, [&progress] { progress.add(); });
        if (!read) return read.error();
        return Input{.snapshot = std::move(*read)};
    }
    if (auto clusters = chosen_clusters(options); !clusters) return clusters.error();
    if (options.files.empty()) {
        return base::Error{base::ErrorKind::Usage, "-f or --from cluster is wanted"};
    }
    auto settings = reading_settings(options);
    if (!settings) return settings.error();
    Progress progress("reading manifests", "files");
    settings->seen = [&progress, texts](const std::string& name, std::string_view bytes) {
        progress.add();
        std::error_code unknown;
        const bool is_stream = name == "-" || !std::filesystem::is_regular_file(name, unknown);
        if (is_stream && texts != nullptr) texts->keep(name, std::string(bytes));
    };
    auto manifests = source::read_manifests(*settings, reading);
    if (!manifests) return manifests.error();
    return Input{.snapshot = std::move(manifests->snapshot), .complete = manifests->complete};
}

base::Result<std::shared_ptr<const api::Snapshot>>
read_objects(const Options& options, diag::Diagnostics& reading, SourceTexts* texts) {
    auto input = read_input(options, reading, texts);
    if (!input) return input.error();
    return std::move(input->snapshot);
}

}  // namespace gatefile::cli
