// SPDX-License-Identifier: Apache-2.0
#include "gatefile/agent/cleanup.hpp"

#include <utility>

#include <fmt/format.h>

#include "command.hpp"
#include "commands.hpp"
#include "exit.hpp"
#include "gatefile/base/strings.hpp"
#include "settings.hpp"

namespace gatefile::cli {

namespace {

struct CleanupOptions : Options {
    bool dry_run = false;
    bool yes = false;
    bool force = false;
    std::string state_directory;
};

base::Result<std::vector<std::string>> directories(const Options& options) {
    std::vector<std::string> found;
    if (!options.out.empty()) found.push_back(options.out);
    if (options.keys.starts_with("files=") && options.keys.size() > 6) {
        found.push_back(options.keys.substr(6));
    } else if (!options.keys.empty() && options.keys != "inline" && options.keys != "omit") {
        return usage("--keys", options.keys, "inline, omit or files=DIR is wanted");
    }
    return found;
}

base::Result<agent::CleanupSettings> cleanup_settings(const CleanupOptions& options) {
    agent::CleanupSettings settings;
    if (options.dry_run == options.yes) {
        return base::Error{base::ErrorKind::Usage,
                           "cleanup: --dry-run or --yes is wanted, one of both"};
    }
    settings.plan_only = options.dry_run;
    settings.force = options.force;
    auto named = directories(options);
    if (!named) return named.error();
    settings.directories = std::move(*named);
    settings.state_directory = options.state_directory;
    auto chosen = selection_settings(options);
    if (!chosen) return chosen.error();
    settings.selection = std::move(*chosen);
    if (reads_cluster(options)) {
        // In the others nothing is written that could be cleaned up.
        auto access = chosen_home(options);
        if (!access) return access.error();
        settings.cluster = std::move(*access);
        settings.watch_namespaces = options.watch_namespaces;
        settings.lease = lease_settings(options);
        settings.services_instance = instance_of(options);
        settings.services_wanted = !options.gateway_services.empty();
    } else if (settings.directories.empty() && settings.state_directory.empty()) {
        return base::Error{base::ErrorKind::Usage,
                           "cleanup: --from cluster, --out DIR or both are wanted"};
    }
    return settings;
}

/// The keys of a store are left: Traefiks elsewhere may live on them.
void tell_stores(const CleanupOptions& options, agent::CleanupReport& report) {
    for (const std::string& where : options.publish) {
        if (where.starts_with("http")) continue;
        report.left.push_back(fmt::format(
            "keys of --publish {}: Traefiks may read them; delete what is below the root once none "
            "does",
            base::quote_for_message(where)));
    }
}

int clean_up(const CleanupOptions& options) {
    const auto settings = cleanup_settings(options);
    if (!settings) return fail(settings.error());
    auto report = agent::clean_up(*settings);
    if (!report) {
        const bool refused = report.error().kind == base::ErrorKind::Refused;
        return fail(refused ? base::Error{base::ErrorKind::Refused,
                                          report.error().text + "; --force goes on all the same"}
                            : report.error());
    }
    tell_stores(options, *report);
    for (const std::string& line : report->removed)
        print(fmt::format("{} {}\n", options.dry_run ? "would remove" : "removed", line));
    for (const std::string& line : report->left)
        print(fmt::format("left {}\n", line));
    if (report->removed.empty() && report->left.empty()) print("nothing to do\n");
    return report->left.empty() ? exit_ok : exit_findings;
}

void add_options(CLI::App& command, CleanupOptions& options) {
    command.add_flag("--dry-run", options.dry_run, "Only say what would be removed");
    command.add_flag("--yes", options.yes, "Remove it");
    command.add_flag("--force", options.force, "Even while an agent lives");
    add_access_options(command, options);
    add_selection_options(command, options);
    command
        .add_option(
            "--watch-namespace", options.watch_namespaces, "A namespace to clean; all without it")
        ->type_name("NS");
    command.add_option("--lease", options.lease, "The Lease that the agents had")
        ->type_name("[NS/]NAME");
    command
        .add_option("--gateway-services",
                    options.gateway_services,
                    "The agents made a Service of this type for each Gateway")
        ->type_name("ClusterIP|LoadBalancer|NodePort");
    command.add_option("-o,--out", options.out, "The directory that was published into")
        ->type_name("DIR");
    command
        .add_option("--publish", options.publish, "Where else was published; keys there are left")
        ->type_name("WHERE");
    command.add_option("--keys", options.keys, "Where private keys went: inline or files=DIR")
        ->type_name("WHERE");
    command
        .add_option("--state-dir", options.state_directory, "Where the last good output was kept")
        ->type_name("DIR");
}

}  // namespace

void add_cleanup(CLI::App& program, int& code) {
    add_command<CleanupOptions>(program,
                                code,
                                "cleanup",
                                "Remove what gatefile made, in the cluster and in directories",
                                add_options,
                                clean_up);
}

}  // namespace gatefile::cli
