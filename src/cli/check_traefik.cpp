// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "command.hpp"
#include "commands.hpp"
#include "exit.hpp"
#include "gatefile/probe/trial.hpp"
#include "gatefile/traefik/check.hpp"
#include "progress.hpp"
#include "report.hpp"
#include "settings.hpp"

namespace gatefile::cli {

namespace {

struct TraefikOptions {
    std::string directory;
    std::string binary;
    Options common;
};

std::optional<std::string> read_if_there(const std::string& path) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
    std::ifstream file(path, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(file)), {});
    if (!file) return std::nullopt;
    return bytes;
}

bool is_directory(const std::string& path) {
    std::error_code error;
    return std::filesystem::is_directory(path, error);
}

/// What a running Traefik says counts more than what was read.
base::Result<void> ask_traefik(const TraefikOptions& options,
                               const traefik::StaticConfig& static_config,
                               traefik::DynamicCheck& check) {
    auto trial = probe::try_directory(
        {.binary = options.binary, .directory = options.directory, .static_config = static_config});
    if (!trial) return trial.error().within("--traefik-binary");
    for (const probe::TrialFault& fault : trial->faults) {
        check.diagnostics.add(
            {.code = diag::Code::TraefikLogged,
             .object = {},
             .path = {},
             .detail = fault.element.empty() ? fault.text : fault.element + ": " + fault.text,
             .hint = "",
             .parent = {},
             .listener = {},
             .at = diag::SourcePosition{options.directory}});
    }
    check.verdict = traefik::Verdict::Loads;
    if (!trial->faults.empty()) check.verdict = traefik::Verdict::Faulty;
    if (!trial->is_loaded) check.verdict = traefik::Verdict::Refused;
    return {};
}

std::string_view sentence(traefik::Verdict verdict) {
    switch (verdict) {
    case traefik::Verdict::Loads:
        return "Traefik loads it";
    case traefik::Verdict::Faulty:
        return "Traefik loads it, but for what has an error";
    case traefik::Verdict::Unknown:
        return "a template decides; --traefik-binary runs it";
    case traefik::Verdict::Refused:
        return "Traefik refuses all of it";
    }
    return "";
}

int check_traefik(const TraefikOptions& options) {
    auto settings = translation_settings(options.common, DefaultFormat::AsStaticConfig);
    if (!settings) return fail(settings.error());
    const auto reports = report_settings(options.common, "brief");
    if (!reports) return fail(reports.error());
    const Progress progress("checking");
    auto files = traefik::read_dynamic_directory(options.directory);
    if (!files) return fail(files.error());
    traefik::Surroundings surroundings{.static_config = std::nullopt,
                                       .plugins = std::nullopt,
                                       .read_file = read_if_there,
                                       .has_directory = is_directory};
    if (!settings->static_config.assumed) surroundings.static_config = settings->static_config;
    if (const std::string& file = options.common.traefik_config; !file.empty()) {
        auto text = read_whole_file(file);
        if (!text) return fail(text.error());
        surroundings.plugins = traefik::plugin_names(*text, file.ends_with(".toml"));
    }
    traefik::DynamicCheck check = traefik::check_dynamic(*files, surroundings);
    if (check.verdict == traefik::Verdict::Unknown && !options.binary.empty()) {
        if (auto asked = ask_traefik(options, settings->static_config, check); !asked)
            return fail(asked.error());
    }
    SourceTexts sources;
    const auto failing =
        write_reports(*reports, check.diagnostics, api::Snapshot(), sources, Stream::Out);
    if (!failing) return fail(failing.error());
    print_error(fmt::format("gatefile: {} file{}: {}: {}\n",
                            files->size(),
                            files->size() == 1 ? "" : "s",
                            traefik::verdict_name(check.verdict),
                            sentence(check.verdict)));
    // A Traefik that ends without a word leaves nothing that could be silenced.
    const bool is_mute =
        check.verdict == traefik::Verdict::Refused && !check.diagnostics.has_errors();
    return *failing || is_mute ? exit_findings : exit_ok;
}

void add_options(CLI::App& command, TraefikOptions& options) {
    command.add_option("directory", options.directory, "The directory that Traefik watches")
        ->type_name("DIR")
        ->required();
    command
        .add_option("--traefik-binary",
                    options.binary,
                    "A Traefik to ask where a template decides: it runs on a copy, on loopback")
        ->type_name("FILE");
    command
        .add_option(
            "--traefik-config", options.common.traefik_config, "Traefik's static configuration")
        ->type_name("FILE");
    command
        .add_option("--traefik-args",
                    options.common.traefik_args,
                    "Traefik's command line, or a Deployment or DaemonSet that has it")
        ->type_name("FILE");
    command
        .add_option("--entrypoint", options.common.entry_points, "An entry point that Traefik has")
        ->type_name("NAME=ADDRESS");
    add_report_options(command, options.common);
    add_baseline_options(command, options.common);
}

}  // namespace

void add_check_traefik(CLI::App& program, int& code) {
    add_command<TraefikOptions>(program,
                                code,
                                "check-traefik",
                                "Say whether Traefik would load a directory of configuration",
                                add_options,
                                check_traefik);
}

}  // namespace gatefile::cli
