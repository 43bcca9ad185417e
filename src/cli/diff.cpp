// SPDX-License-Identifier: Apache-2.0
#include "gatefile/analysis/diff.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "command.hpp"
#include "commands.hpp"
#include "diff_dynamic.hpp"
#include "exit.hpp"
#include "gatefile/analysis/diff_report.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/diag/print.hpp"
#include "gatefile/gatefile.hpp"
#include "gatefile/source/git.hpp"
#include "gatefile/source/manifests.hpp"
#include "input.hpp"
#include "progress.hpp"
#include "report.hpp"
#include "settings.hpp"

namespace gatefile::cli {

namespace {

struct DiffOptions : Options {
    std::vector<std::string> sides;
    std::string git;
    std::string output = "text";
    std::string fail_on = "any";
    bool dynamic = false;
};

/// What one side has, and what is to be known of it.
struct Side {
    std::shared_ptr<const api::Snapshot> snapshot;
    Translation translation;
    diag::Diagnostics reading;  ///< what could not be read or was refused, and the like
};

using Reading = base::Result<std::shared_ptr<const api::Snapshot>>;

/// A path, or "cluster".
Reading read_side(const DiffOptions& options, const std::string& side, diag::Diagnostics& found) {
    Options one = options;
    one.files = {side};
    const bool is_cluster = side == "cluster";
    if (!is_cluster) one.from.clear();
    if (is_cluster && !reads_cluster(options)) one.from = {"cluster"};
    if (!is_cluster) one.cluster_weights.clear();
    if (is_cluster) {  // has all objects, and judges by its own definitions
        one.with.clear();
        one.crds.clear();
    }
    return read_objects(one, found);
}

Reading
read_git(const DiffOptions& options, const std::string& revision, diag::Diagnostics& found) {
    const auto settings = reading_settings(options);
    if (!settings) return settings.error();
    const Progress progress("reading " + revision);
    auto manifests = source::read_revision(*settings, revision, found);
    if (!manifests) return manifests.error().within("--git");
    return std::move(manifests->snapshot);
}

/// Reads, says what is wrong with it, and translates.
template <typename Read>
base::Result<Side> make_side(const Settings& settings, const Read& read) {
    diag::Diagnostics found;
    auto snapshot = read(found);
    if (!snapshot) return snapshot.error();
    diag::Diagnostics reading = found;
    api::locate(**snapshot, reading);
    reading.sort();
    print_error(diag::print_text(reading));
    const Progress progress("translating");
    auto translation = translate(*snapshot, settings, std::move(found));
    if (!translation) return translation.error();
    return Side{std::move(*snapshot), std::move(*translation), std::move(reading)};
}

/// REV, or REV..REV2: the working tree is what comes after one alone.
base::Result<std::pair<std::string, std::string>> revisions(const std::string& text) {
    const std::size_t dots = text.find("..");
    const std::string first = text.substr(0, dots);
    const std::string second = dots == std::string::npos ? "" : text.substr(dots + 2);
    if (first.empty() || second.starts_with('.') || (dots != std::string::npos && second.empty()))
        return usage("--git", text, "REV or REV..REV2 is wanted");
    return std::pair(first, second);
}

base::Result<std::pair<Side, Side>> read_sides(const DiffOptions& options,
                                               const Settings& settings) {
    std::pair<std::string, std::string> names;
    if (!options.git.empty()) {
        auto parsed = revisions(options.git);
        if (!parsed) return parsed.error();
        names = std::move(*parsed);
    }
    auto before = make_side(settings, [&](diag::Diagnostics& found) {
        return options.git.empty() ? read_side(options, options.sides[0], found)
                                   : read_git(options, names.first, found);
    });
    if (!before) return before.error();
    auto after = make_side(settings, [&](diag::Diagnostics& found) {
        if (options.git.empty()) return read_side(options, options.sides[1], found);
        return names.second.empty() ? read_objects(options, found)
                                    : read_git(options, names.second, found);
    });
    if (!after) return after.error();
    return std::pair(std::move(*before), std::move(*after));
}

base::Result<void> check_options(const DiffOptions& options) {
    const auto& output = options.output;
    if (output != "text" && output != "json" && output != "markdown")
        return usage("--output", output, "text, json or markdown is wanted");
    const auto& fail_on = options.fail_on;
    if (fail_on != "any" && fail_on != "change" && fail_on != "breaking")
        return usage("--fail-on", fail_on, "any, change or breaking is wanted");
    if (options.git.empty() && options.sides.size() != 2)
        return base::Error{base::ErrorKind::Usage, "diff: OLD and NEW are wanted, or --git and -f"};
    if (!options.git.empty() && (!options.sides.empty() || options.files.empty()))
        return base::Error{base::ErrorKind::Usage, "diff: --git wants -f, and no OLD and NEW"};
    if (options.dynamic && !options.git.empty())
        return base::Error{base::ErrorKind::Usage, "diff: --dynamic wants OLD and NEW"};
    return {};
}

/// What ends with exit code 1.
diag::Severity threshold_of(const DiffOptions& options) {
    if (options.fail_on == "breaking") return diag::Severity::Error;
    return options.fail_on == "change" ? diag::Severity::Warning : diag::Severity::Note;
}

bool is_silenced(const analysis::Difference& difference, const ReportSettings& settings) {
    return diag::is_ignored(analysis::to_diagnostic(difference), settings.ignores);
}

/// Whether --output is shown, too: a report on standard output stands in its place.
base::Result<bool> write_diff_reports(const DiffOptions& options,
                                      const ReportSettings& settings,
                                      const std::vector<analysis::Difference>& differences,
                                      const diag::Diagnostics& reading) {
    if (options.reports.empty()) return true;
    diag::Diagnostics found = reading;
    for (const analysis::Difference& difference : differences)
        found.add(analysis::to_diagnostic(difference));
    SourceTexts sources;
    if (auto written = write_reports(settings, found, api::Snapshot(), sources, Stream::Out);
        !written)
        return written.error();
    return std::ranges::none_of(settings.targets, &std::string::empty, &ReportTarget::file);
}

base::Result<int> report(const DiffOptions& options,
                         std::vector<analysis::Difference> differences,
                         const diag::Diagnostics& reading) {
    auto settings = report_settings(options, options.output);
    if (!settings) return settings.error();
    settings->fail_on = threshold_of(options);
    const std::size_t silenced = std::erase_if(
        differences, [&](const auto& difference) { return is_silenced(difference, *settings); });
    if (silenced > 0) print_error(fmt::format("gatefile: {} silenced\n", silenced));
    const auto shown = write_diff_reports(options, *settings, differences, reading);
    if (!shown) return shown.error();
    if (!*shown) {
        // The report is all that standard output has.
    } else if (options.output == "json") {
        print(analysis::print_diff_json(differences));
    } else if (options.output == "markdown") {
        print(analysis::print_diff_markdown(differences));
    } else {
        print(analysis::print_diff_text(differences));
    }
    const analysis::DiffCounts counts = analysis::count(differences);
    std::size_t failing = counts.breaking;
    if (options.fail_on != "breaking") failing += counts.changes;
    if (options.fail_on == "any") failing += counts.harmless;
    return failing > 0 ? exit_findings : exit_ok;
}

int diff(const DiffOptions& options) {
    if (auto checked = check_options(options); !checked) return fail(checked.error());
    if (options.dynamic) {
        auto differences = diff_published(options.sides[0], options.sides[1]);
        if (!differences) return fail(differences.error());
        const auto code = report(options, std::move(*differences), {});
        return code ? *code : fail(code.error());
    }
    auto settings = translation_settings(options, DefaultFormat::AsStaticConfig);
    if (!settings) return fail(settings.error());
    settings->keys = traefik::Keys::Omit;
    auto sides = read_sides(options, *settings);
    if (!sides) return fail(sides.error());
    const auto& [before, after] = *sides;
    const Progress progress("comparing");
    auto differences = analysis::diff(
        before.translation.ir,
        after.translation.ir,
        {.endpoints = before.snapshot->from_cluster == after.snapshot->from_cluster});
    analysis::locate(differences,
                     {*before.snapshot, before.translation.diagnostics},
                     {*after.snapshot, after.translation.diagnostics});
    const auto code = report(options, std::move(differences), after.reading);
    if (!code) return fail(code.error());
    // What OLD has that cannot be read is no fault of the change, which may be what mends it.
    return after.reading.has_errors() ? exit_findings : *code;
}

void add_options(CLI::App& command, DiffOptions& options) {
    CLI::Option* sides =
        command
            .add_option("SIDES",
                        options.sides,
                        "OLD and NEW: a file or directory of manifests, or the word cluster")
            ->type_name("OLD NEW")
            ->expected(1, 2);
    add_input_options(command, options, From::Anywhere);
    add_context_options(command, options);
    // A configuration file may name manifests all the same.
    sides->excludes(command.get_option("--filename"));
    add_access_options(command, options);
    add_traefik_options(command, options);
    command.remove_option(command.get_option("--from"));
    command
        .add_option("--git",
                    options.git,
                    "OLD is what -f names at this revision, NEW the working tree or REV2")
        ->type_name("REV[..REV2]");
    command.add_option("--output", options.output, "text, json or markdown")
        ->capture_default_str()
        ->type_name("text|json|markdown");
    command
        .add_option("--fail-on",
                    options.fail_on,
                    "What ends with exit code 1: any difference, a change or more, or what breaks")
        ->capture_default_str()
        ->type_name("any|change|breaking");
    command
        .add_option("--report",
                    options.reports,
                    "The differences as sarif, github, gitlab, junit and the like, to a file if "
                    "one is named")
        ->type_name("FORMAT[=FILE]");
    command.add_option("--color", options.color, "Whether a report of text is coloured")
        ->capture_default_str()
        ->type_name("auto|always|never");
    command.add_option("--ignore", options.ignores, "Differences that do not count")
        ->type_name("CODE[@KIND/NS/NAME]");
    command.add_flag("--dynamic",
                     options.dynamic,
                     "Compare Traefik's dynamic configuration: files or directories of it");
}

}  // namespace

void add_diff(CLI::App& program, int& code) {
    add_command<DiffOptions>(
        program, code, "diff", "Say what changes for traffic", add_options, diff);
}

}  // namespace gatefile::cli
