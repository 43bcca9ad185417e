// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "command.hpp"
#include "commands.hpp"
#include "exit.hpp"
#include "gatefile/analysis/unknown.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/gatefile.hpp"
#include "gatefile/graph/emit.hpp"
#include "gatefile/ir/emit.hpp"
#include "gatefile/publish/output.hpp"
#include "gatefile/tree/write.hpp"
#include "input.hpp"
#include "progress.hpp"
#include "report.hpp"
#include "settings.hpp"
#include "verify.hpp"

namespace gatefile::cli {

namespace {

bool to_directory(const Options& options) {
    return !options.out.empty() && options.out != "-";
}

base::Result<void>
emit(const Translation& translation, const Options& options, traefik::Format format) {
    tree::Arena arena;
    tree::Node stage;
    if (options.emit == "graph") {
        stage = graph::encode(translation.graph, arena);
    } else if (options.emit == "ir") {
        stage = ir::encode(translation.ir, arena);
    } else if (options.emit == "dynamic") {
        stage = traefik::encode(translation.dynamic, format, traefik::Keys::Omit, arena);
    } else {
        return base::Error{base::ErrorKind::Usage,
                           fmt::format("--emit {}: graph, ir or dynamic is wanted",
                                       base::quote_for_message(options.emit))};
    }
    print(tree::write_yaml(stage, tree::Templates::Plain));
    return {};
}

base::Result<void> write_status(const Translation& translation, const Options& options) {
    if (options.status.empty()) return {};
    tree::Arena arena;
    const std::string text = tree::write_yaml(
        status::encode(translation.report, std::nullopt, arena), tree::Templates::Plain);
    if (options.status != "-") return publish::replace_file(options.status, text);
    print(text);
    return {};
}

bool has(const publish::Output& output, const publish::FileSet& wanted) {
    const auto by_name = [](const publish::File& a, const publish::File& b) {
        return std::tie(a.name, a.bytes) < std::tie(b.name, b.bytes);
    };
    std::vector<publish::File> found = output.found();
    std::vector<publish::File> files = wanted.files;
    std::ranges::sort(found, by_name);
    std::ranges::sort(files, by_name);
    return std::ranges::equal(found, files, [](const publish::File& a, const publish::File& b) {
        return a.name == b.name && a.bytes == b.bytes;
    });
}

base::Result<void> held(std::string_view why) {
    return base::Error{base::ErrorKind::Refused,
                       fmt::format("not published: {}; --allow-shrink allows it", why)};
}

base::Result<void> write_files(const Translation& translation,
                               bool complete,
                               const Options& options,
                               traefik::Format format,
                               const traefik::KeyPlacement& keys) {
    if (!to_directory(options)) {
        // With --status - alone, standard output is the status; -o - asks for both.
        if (options.status == "-" && options.out.empty()) return {};
        for (const publish::File& file : translation.files.files)
            print(file.bytes);
        return {};
    }
    auto settings = directory_settings(options, format);
    if (!settings) return settings.error();
    auto key_settings = key_directory(keys, *settings);
    auto output = publish::Output::open(std::move(*settings), std::move(key_settings));
    if (!output) return output.error();
    if (!complete && !options.allow_shrink && output->has_files() &&
        !has(*output, translation.files))
        return held("not all manifests can be read, and what those had that cannot is not known");
    auto report = output->publish(translation.files, false);
    if (!report) return report.error();
    if (report->held) return held(report->held_reason);
    return {};
}

int convert(const Options& options) {
    auto settings = translation_settings(options, DefaultFormat::File);
    if (!settings) return fail(settings.error());
    if (!options.verify.empty() && !options.out.empty()) {
        return fail(usage("--verify", options.verify, "it writes nothing, so leave --out away"));
    }
    auto keys = key_placement(options);
    if (!keys) return fail(keys.error());
    settings->keys = std::move(*keys);

    const auto reports = report_settings(options, "brief");
    if (!reports) return fail(reports.error());
    diag::Diagnostics reading;
    SourceTexts sources;
    const auto input = read_input(options, reading, &sources);
    if (!input) return fail(input.error());
    const api::Snapshot& snapshot = *input->snapshot;
    const Progress progress("converting");
    auto translation = translate(input->snapshot, *settings, reading);
    if (!translation) return fail(translation.error());

    // Output is verified in a repository, which seldom has all that it refers to.
    const diag::Diagnostics found =
        options.verify.empty() ? translation->diagnostics
                               : analysis::grade_unknown(snapshot, translation->diagnostics);
    const auto failing = write_reports(*reports, found, snapshot, sources, Stream::Error);
    if (!failing) return fail(failing.error());
    const bool errors = translation->diagnostics.has_errors();
    if (!options.emit.empty()) {
        if (auto emitted = emit(*translation, options, settings->render.format); !emitted) {
            return fail(emitted.error());
        }
        return *failing ? exit_findings : exit_ok;
    }
    if (!options.verify.empty()) {
        const auto verdict = verify(options.verify, translation->files);
        if (!verdict) return fail(verdict.error());
        print_error(verdict->text);
        return *failing || !verdict->is_fresh ? exit_findings : exit_ok;
    }
    if (errors && options.strict) {
        print_error("gatefile: nothing written: there are errors and --strict is set\n");
        return exit_findings;
    }
    if (auto written = write_status(*translation, options); !written) return fail(written.error());
    if (auto written = write_files(*translation,
                                   input->complete,
                                   options,
                                   settings->render.format,
                                   settings->keys);
        !written) {
        return fail(written.error());
    }
    print_error(summary(*translation, *settings, reading));
    return *failing ? exit_findings : exit_ok;
}

void add_options(CLI::App& command, Options& options) {
    add_input_options(command, options);
    add_traefik_options(command, options);
    add_output_options(command, options);
    add_convert_options(command, options);
    add_report_options(command, options);
}

}  // namespace

void add_convert(CLI::App& program, int& code) {
    add_command<Options>(
        program, code, "convert", "Manifests to Traefik configuration", add_options, convert);
}

}  // namespace gatefile::cli
