// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include <fmt/format.h>

#include "command.hpp"
#include "commands.hpp"
#include "exit.hpp"
#include "gatefile/analysis/unknown.hpp"
#include "gatefile/gatefile.hpp"
#include "input.hpp"
#include "progress.hpp"
#include "report.hpp"
#include "settings.hpp"

namespace gatefile::cli {

namespace {

struct CheckOptions : Options {
    bool objects_only = false;
};

/// Whether a file holds nothing that could have been meant for Kubernetes.
bool is_of_something_else(const std::string& source) {
    const auto text = read_whole_file(source);
    return text && text->find("apiVersion") == std::string::npos;
}

/// What --objects-only leaves out: documents that are no objects, and files of other programs that
/// are not the YAML that Kubernetes has.
diag::Diagnostics of_objects(const diag::Diagnostics& found) {
    diag::Diagnostics kept;
    std::size_t count = 0;
    for (const diag::Diagnostic& item : found.items()) {
        const bool is_no_object = item.code == diag::Code::InputNotObject && item.path.empty();
        const bool is_syntax = item.code == diag::Code::InputSyntax && item.at &&
                               is_of_something_else(item.at->source);
        if (!is_no_object && !is_syntax) {
            kept.add(item);
        } else {
            ++count;
        }
    }
    if (count > 0)
        print_error(fmt::format("gatefile: no Kubernetes objects, and passed over: {} document{}\n",
                                count,
                                count == 1 ? "" : "s"));
    return kept;
}

int check(const CheckOptions& options) {
    auto settings = translation_settings(options, DefaultFormat::AsStaticConfig);
    if (!settings) return fail(settings.error());
    settings->keys = traefik::Keys::Omit;
    const auto reports = report_settings(options, "text");
    if (!reports) return fail(reports.error());
    diag::Diagnostics reading;
    SourceTexts sources;
    auto snapshot = read_objects(options, reading, &sources);
    if (!snapshot) return fail(snapshot.error());
    const Progress progress("checking");
    auto translation = translate(*snapshot, *settings, std::move(reading));
    if (!translation) return fail(translation.error());
    const diag::Diagnostics found =
        options.complete ? std::move(translation->diagnostics)
                         : analysis::grade_unknown(**snapshot, translation->diagnostics);
    const auto failing = write_reports(*reports,
                                       options.objects_only ? of_objects(found) : found,
                                       **snapshot,
                                       sources,
                                       Stream::Out);
    if (!failing) return fail(failing.error());
    return *failing ? exit_findings : exit_ok;
}

void add_options(CLI::App& command, CheckOptions& options) {
    add_input_options(command, options);
    add_complete_option(command, options);
    command.add_flag("--objects-only",
                     options.objects_only,
                     "Pass over documents that are no Kubernetes objects");
    add_traefik_options(command, options);
    add_report_options(command, options);
    add_baseline_options(command, options);
}

}  // namespace

void add_check(CLI::App& program, int& code) {
    add_command<CheckOptions>(
        program, code, "check", "Say what is wrong with manifests", add_options, check);
}

}  // namespace gatefile::cli
