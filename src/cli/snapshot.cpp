// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "command.hpp"
#include "commands.hpp"
#include "exit.hpp"
#include "gatefile/analysis/roles.hpp"
#include "gatefile/diag/print.hpp"
#include "gatefile/publish/directory.hpp"
#include "gatefile/source/cluster.hpp"
#include "gatefile/source/snapshot_file.hpp"
#include "gatefile/tree/read.hpp"
#include "gatefile/tree/write.hpp"
#include "input.hpp"
#include "progress.hpp"
#include "settings.hpp"

namespace gatefile::cli {

namespace {

/// Objects with what keeps their texts.
struct Collected {
    std::vector<source::WholeObject> objects;
    std::vector<api::Extent> complete;
    std::vector<std::shared_ptr<const void>> owners;
};

/// Secrets and their like are read by name only, so that one that is not there may exist.
bool is_listed(std::string_view kind) {
    return kind != "Secret" && kind != "ConfigMap" && kind != "ClusterTrustBundle";
}

std::vector<std::string> all_kinds() {
    std::vector<std::string> kinds;
    const api::Snapshot none;
    api::for_each_kind(none,
                       [&kinds](std::string_view kind, const auto&) { kinds.emplace_back(kind); });
    return kinds;
}

base::Result<Collected> from_cluster(const Options& options) {
    const auto access = chosen_cluster(options, "snapshot");
    if (!access) return access.error();
    struct Text {
        std::string api_version;
        std::string json;
    };
    std::map<diag::ObjectRef, Text> texts;
    std::set<std::string> degraded;
    Progress progress("reading the cluster", "objects");
    source::ClusterSettings settings{
        .namespaces = options.watch_namespaces,
        .poll = {},
        .seen = [&](const diag::ObjectRef& ref, std::string api_version, const tree::Node& object) {
            progress.add();
            texts[ref] = {std::move(api_version),
                          tree::write_json(object, tree::JsonStyle::Compact)};
        }};
    graph::Selection selection;
    selection.controller_name = options.controller_name;
    source::ReadOnce once{.degraded =
                              [&degraded](const source::ClusterNews& news) {
                                  degraded.insert(news.resource.substr(0, news.resource.find(' ')));
                                  print_error(fmt::format("{}: {}\n", news.resource, news.problem));
                              },
                          .needed =
                              [&selection](const api::Snapshot& snapshot) {
                                  return analysis::needed_by_name(snapshot, selection);
                              }};
    auto snapshot =
        source::read_cluster(*access, std::move(settings), std::move(once));
    if (!snapshot) return snapshot.error();

    Collected collected;
    for (const auto& [ref, text] : texts) {
        if ((*snapshot)->find_meta(ref) == nullptr) continue;  // it went while others were read
        auto document = tree::read_json(text.json);
        if (!document) return document.error();
        collected.objects.push_back({ref, text.api_version, document->root});
        collected.owners.push_back(std::move(document->arena));
    }
    for (const std::string& kind : all_kinds()) {
        if (!is_listed(kind) || degraded.contains(kind)) continue;
        if (options.watch_namespaces.empty()) collected.complete.push_back({kind, {}});
        for (const std::string& ns : options.watch_namespaces)
            collected.complete.push_back({kind, ns});
    }
    return collected;
}

base::Result<Collected> from_manifests(const Options& options, diag::Diagnostics& reading) {
    auto snapshot = read_objects(options, reading);
    if (!snapshot) return snapshot.error();
    Collected collected;
    api::for_each_kind(**snapshot, [&](std::string_view kind, const auto& objects) {
        for (const auto& object : objects) {
            collected.objects.push_back({{std::string(kind), object.meta.ns, object.meta.name},
                                         {},
                                         (*snapshot)->origins[object.meta.origin].object});
        }
    });
    collected.complete = (*snapshot)->complete;
    if (options.complete) {
        collected.complete.clear();
        for (const std::string& kind : all_kinds())
            collected.complete.push_back({kind, {}});
    }
    collected.owners.push_back(std::move(*snapshot));
    return collected;
}

int snapshot(const Options& options) {
    diag::Diagnostics reading;
    auto collected =
        reads_cluster(options) ? from_cluster(options) : from_manifests(options, reading);
    if (!collected) return fail(collected.error());
    print_error(diag::print_text(reading));
    const std::string text =
        source::write_snapshot(std::move(collected->objects),
                               collected->complete,
                               options.out.ends_with(".json") ? source::SnapshotFormat::Json
                                                              : source::SnapshotFormat::Yaml);
    if (options.out.empty() || options.out == "-") {
        print(text);
    } else if (auto written = publish::replace_file(options.out, text); !written) {
        return fail(written.error());
    }
    return reading.has_errors() ? exit_findings : exit_ok;
}

void add_options(CLI::App& command, Options& options) {
    add_input_options(command, options, From::Anywhere);
    add_access_options(command, options);
    add_context_options(command, options);
    add_complete_option(command, options);
    command
        .add_option(
            "--watch-namespace", options.watch_namespaces, "A namespace to read; all without it")
        ->type_name("NS");
    command.add_option("-o,--out", options.out, "File to write, YAML or by its name JSON")
        ->type_name("FILE|-");
}

}  // namespace

void add_snapshot(CLI::App& program, int& code) {
    add_command<Options>(program,
                         code,
                         "snapshot",
                         "Objects as a file for --with, without keys",
                         add_options,
                         snapshot);
}

}  // namespace gatefile::cli
