// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "command.hpp"
#include "commands.hpp"
#include "exit.hpp"
#include "gatefile/analysis/migration.hpp"
#include "gatefile/gatefile.hpp"
#include "gatefile/source/foreign.hpp"
#include "input.hpp"
#include "settings.hpp"

namespace gatefile::cli {

namespace {

struct MigrateOptions : Options {
    bool plan = false;
    std::string output = "text";
};

std::vector<analysis::MigrationEntryPoint> entry_points_of(const traefik::StaticConfig& config) {
    std::vector<analysis::MigrationEntryPoint> found;
    if (config.assumed) return found;
    const auto defaults = traefik::default_entry_points(config);
    for (const traefik::EntryPoint& entry_point : config.entry_points) {
        const bool is_default =
            std::ranges::find(defaults, &entry_point) != defaults.end();
        found.push_back(
            {entry_point.name, entry_point.tls, is_default && entry_point.redirects_to.empty()});
    }
    return found;
}

int migrate(const MigrateOptions& options) {
    if (!options.plan) {
        return fail(
            {base::ErrorKind::Usage, "migrate: --plan is wanted; gatefile changes nothing"});
    }
    if (options.output != "text" && options.output != "json")
        return fail(usage("--output", options.output, "text or json is wanted"));
    const auto access = reads_cluster(options)
                            ? chosen_cluster(options, "migrate")
                            : base::Result<source::AccessSettings>(source::AccessSettings{});
    if (!access) return fail(access.error());
    auto settings = translation_settings(options, DefaultFormat::AsStaticConfig);
    if (!settings) return fail(settings.error());
    settings->keys = traefik::Keys::Omit;
    diag::Diagnostics reading;
    auto snapshot = read_objects(options, reading);
    if (!snapshot) return fail(snapshot.error());
    source::Foreign foreign{(*snapshot)->foreign, (*snapshot)->ingress_classes};
    std::vector<std::string> unread;
    if (reads_cluster(options)) {
        auto read = source::read_foreign(*access,
                                         [&unread](const std::string& kind, const std::string& why) {
                                             unread.push_back(kind + ": " + why);
                                         });
        if (!read) return fail(read.error());
        foreign = std::move(*read);
    }
    const auto translation = translate(*snapshot, *settings, std::move(reading));
    if (!translation) return fail(translation.error());
    const analysis::MigrationPlan plan = analysis::plan_migration(
        translation->graph,
        foreign.routes,
        {.controller_name = options.controller_name,
         .wins = settings->render.coexist == traefik::Coexist::Win,
         .ingress_class = settings->static_config.ingress_class,
         .ingress_route_class = settings->static_config.ingress_route_class,
         .looks_up_classes = settings->static_config.looks_up_classes,
         .classes = std::move(foreign.classes),
         .entry_points = entry_points_of(settings->static_config),
         .unread = std::move(unread)});
    print(options.output == "json" ? print_json(plan) : print_text(plan));
    if (const auto errors = translation->diagnostics.count(diag::Severity::Error); errors > 0) {
        print_error(fmt::format("gatefile: {} error{} in these objects, gatefile check tells {}\n",
                                errors,
                                errors == 1 ? "" : "s",
                                errors == 1 ? "it" : "them"));
    }
    return plan.unread.empty() ? exit_ok : exit_findings;
}

void add_options(CLI::App& command, MigrateOptions& options) {
    add_input_options(command, options, From::Anywhere);
    add_context_options(command, options);
    add_access_options(command, options);
    add_traefik_options(command, options);
    command.add_flag("--plan", options.plan, "Print the steps and their risks");
    command.add_option("--output", options.output, "text or json")
        ->capture_default_str()
        ->type_name("text|json");
}

}  // namespace

void add_migrate(CLI::App& program, int& code) {
    add_command<MigrateOptions>(program,
                                code,
                                "migrate",
                                "The way from Traefik's own providers to gatefile",
                                add_options,
                                migrate);
}

}  // namespace gatefile::cli
