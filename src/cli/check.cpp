// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "command.hpp"
#include "commands.hpp"
#include "exit.hpp"
#include "gatefile/analysis/unknown.hpp"
#include "gatefile/gatefile.hpp"
#include "input.hpp"
#include "report.hpp"
#include "settings.hpp"

namespace gatefile::cli {

namespace {

int check(const Options& options) {
    auto settings = translation_settings(options, DefaultFormat::AsStaticConfig);
    if (!settings) return fail(settings.error());
    settings->keys = traefik::Keys::Omit;
    const auto reports = report_settings(options, "text");
    if (!reports) return fail(reports.error());
    diag::Diagnostics reading;
    auto snapshot = read_objects(options, reading);
    if (!snapshot) return fail(snapshot.error());
    auto translation = translate(*snapshot, *settings, std::move(reading));
    if (!translation) return fail(translation.error());
    const diag::Diagnostics found =
        options.complete ? std::move(translation->diagnostics)
                         : analysis::grade_unknown(**snapshot, translation->diagnostics);
    const auto failing = write_reports(*reports, found, **snapshot, Stream::Out);
    if (!failing) return fail(failing.error());
    return *failing ? exit_findings : exit_ok;
}

void add_options(CLI::App& command, Options& options) {
    add_input_options(command, options);
    add_complete_option(command, options);
    add_traefik_options(command, options);
    add_report_options(command, options);
    add_baseline_options(command, options);
}

}  // namespace

void add_check(CLI::App& program, int& code) {
    add_command<Options>(
        program, code, "check", "Say what is wrong with manifests", add_options, check);
}

}  // namespace gatefile::cli
