// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <map>
#include <set>
#include <system_error>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "exit.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/diag/print.hpp"
#include "gatefile/publish/directory.hpp"
#include "gatefile/tree/node.hpp"
#include "settings.hpp"

namespace gatefile::cli {

namespace {

/// Rules of routes (not their matches, not their variants), and those that answer an error.
struct RuleCount {
    std::size_t served = 0;
    std::size_t refused = 0;
};

RuleCount count_rules(const ir::Config& config) {
    std::set<std::pair<std::size_t, std::size_t>> served;
    std::set<std::pair<std::size_t, std::size_t>> refused;
    for (const ir::Rule& rule : config.rules) {
        const bool fails = std::holds_alternative<ir::Fail>(rule.action);
        (fails ? refused : served).emplace(rule.route, rule.index);
    }
    for (const ir::Stream& stream : config.streams) {
        for (const ir::StreamHost& host : stream.hosts)
            (host.members.empty() ? refused : served).emplace(host.route, 0);
    }
    return {served.size(), refused.size()};
}

std::string reasons(const diag::Diagnostics& diagnostics) {
    std::map<std::string_view, std::size_t> counts;
    for (const diag::Diagnostic& item : diagnostics.items()) {
        const diag::CodeInfo& code = diag::info(item.code);
        if (code.severity == diag::Severity::Error) ++counts[code.name];
    }
    std::string text;
    for (const auto& [name, count] : counts) {
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, count);
    }
    return text;
}

std::string other_format(const Translation& translation, const Settings& settings) {
    Settings other = settings;
    const bool to_plugin = settings.render.format == traefik::Format::File;
    other.render.format = to_plugin ? traefik::Format::Plugin : traefik::Format::File;
    const auto again = translate(translation.graph.snapshot, other, {});
    if (!again) return "";
    const std::size_t here = count_rules(translation.ir).served;
    const std::size_t there = count_rules(again->ir).served;
    if (there <= here) return "";
    return fmt::format(
        "; --to {} would serve {} more", to_plugin ? "plugin" : "file", there - here);
}

constexpr std::string_view formats[] = {
    "text", "brief", "json", "sarif", "github", "gitlab", "junit"};

std::string format_report(const diag::Report& report,
                          std::string_view format,
                          diag::Severity threshold,
                          const diag::TextStyle& style) {
    if (format == "json") return diag::print_json(report);
    if (format == "sarif") return diag::print_sarif(report);
    if (format == "github") return diag::print_github(report);
    if (format == "gitlab") return diag::print_gitlab(report);
    if (format == "junit") return diag::print_junit(report, threshold);
    std::string text =
        format == "text" ? diag::print_text(report, style) : diag::print_brief(report, style.color);
    if (report.silenced > 0) text += fmt::format("{} silenced", report.silenced);
    if (report.known > 0) {
        text += fmt::format("{}{} in the baseline", report.silenced > 0 ? ", " : "", report.known);
    }
    return report.silenced + report.known > 0 ? text + "\n" : text;
}

base::Result<diag::Severity> severity_of(const std::string& name) {
    for (const diag::Severity severity :
         {diag::Severity::Error, diag::Severity::Warning, diag::Severity::Note}) {
        if (diag::severity_name(severity) == name) return severity;
    }
    return usage("--fail-on", name, "error, warning or note is wanted");
}

base::Result<std::vector<ReportTarget>> targets_of(const std::vector<std::string>& reports,
                                                   const std::string& otherwise) {
    if (reports.empty()) return std::vector<ReportTarget>{{.format = otherwise, .file = ""}};
    std::vector<ReportTarget> targets;
    for (const std::string& report : reports) {
        const std::size_t equals = report.find('=');
        const std::string format = report.substr(0, equals);
        if (std::ranges::find(formats, format) == std::end(formats)) {
            return usage(
                "--report", format, "text, brief, json, sarif, github, gitlab or junit is wanted");
        }
        targets.push_back({format, equals == std::string::npos ? "" : report.substr(equals + 1)});
    }
    return targets;
}

std::string text_at(const tree::Node* map, std::string_view field) {
    const tree::Node* found = map == nullptr ? nullptr : map->find(field);
    return found != nullptr && found->is_string() ? std::string(found->as_string()) : "";
}

/// What the author of an object that was refused does not want to hear of. Where it names no
/// namespace, nobody knows here which one it was taken to be in.
void add_ignores_of_refused(const api::Origin& origin, std::vector<diag::Ignore>& ignores) {
    const tree::Node* metadata = origin.object.find("metadata");
    const tree::Node* annotations = metadata == nullptr ? nullptr : metadata->find("annotations");
    const std::string codes = text_at(annotations, diag::ignore_annotation);
    if (codes.empty()) return;
    const std::string ns = text_at(metadata, "namespace");
    const diag::Ignores found = diag::ignores_of(
        {{text_at(&origin.object, "kind"), ns.empty() ? "*" : ns, text_at(metadata, "name")},
         codes});
    ignores.insert(ignores.end(), found.ignores.begin(), found.ignores.end());
}

/// What authors of objects do not want to hear of.
std::vector<diag::Ignore> annotated_ignores(const api::Snapshot& snapshot) {
    std::vector<diag::Ignore> ignores;
    const auto reported = std::min(snapshot.first_context_origin, snapshot.origins.size());
    std::vector<bool> is_taken(snapshot.origins.size());
    api::for_each_kind(snapshot, [&](std::string_view kind, const auto& objects) {
        for (const auto& object : objects) {
            if (object.meta.origin != api::Meta::no_origin) is_taken[object.meta.origin] = true;
            const std::string* codes = api::find(object.meta.annotations, diag::ignore_annotation);
            if (codes == nullptr) continue;
            const diag::Ignores found =
                diag::ignores_of({{std::string(kind), object.meta.ns, object.meta.name}, *codes});
            ignores.insert(ignores.end(), found.ignores.begin(), found.ignores.end());
        }
    });
    for (std::size_t i = 0; i < reported; ++i) {
        if (!is_taken[i]) add_ignores_of_refused(snapshot.origins[i], ignores);
    }
    return ignores;
}

void tell_of_settled(const diag::Report& report, const std::string& file) {
    for (const diag::BaselineEntry& entry : report.settled) {
        print_error(fmt::format("gatefile: {}: found no more ({}): {}\n",
                                file,
                                entry.count,
                                base::quote_for_message(entry.about, 400)));
    }
}

}  // namespace

base::Result<Color> color_of(const std::string& name) {
    if (name == "auto") return Color::Auto;
    if (name == "always") return Color::Always;
    if (name == "never") return Color::Never;
    return usage("--color", name, "auto, always or never is wanted");
}

bool is_colored(Color color, const std::string& file, Stream stream) {
    if (color != Color::Auto) return color == Color::Always;
    const auto variable = [](const char* name) {
        const char* value = std::getenv(name);
        return std::string_view(value == nullptr ? "" : value);
    };
    return file.empty() && ::isatty(stream == Stream::Out ? STDOUT_FILENO : STDERR_FILENO) == 1 &&
           variable("NO_COLOR").empty() && variable("TERM") != "dumb";
}

base::Result<ReportSettings> report_settings(const Options& options, const std::string& format) {
    ReportSettings settings{.write_baseline = options.write_baseline};
    auto targets = targets_of(options.reports, format);
    if (!targets) return targets.error();
    settings.targets = std::move(*targets);
    const auto fail_on = severity_of(options.fail_on);
    if (!fail_on) return fail_on.error();
    settings.fail_on = *fail_on;
    const auto color = color_of(options.color);
    if (!color) return color.error();
    settings.color = *color;
    for (const std::string& text : options.ignores) {
        auto ignore = diag::parse_ignore(text);
        if (!ignore) return ignore.error().within("--ignore");
        settings.ignores.push_back(std::move(*ignore));
    }
    if (options.baseline.empty()) return settings;
    const auto text = read_whole_file(options.baseline);
    if (!text) return text.error();
    auto baseline = diag::parse_baseline(*text);
    if (!baseline) return baseline.error().within("--baseline " + options.baseline);
    settings.baseline = std::move(*baseline);
    settings.baseline_file = options.baseline;
    return settings;
}

base::Result<bool> write_reports(const ReportSettings& settings,
                                 const diag::Diagnostics& diagnostics,
                                 const api::Snapshot& snapshot,
                                 SourceTexts& sources,
                                 Stream stream) {
    diag::Muting muting{.ignores = annotated_ignores(snapshot), .baseline = settings.baseline};
    muting.ignores.insert(muting.ignores.end(), settings.ignores.begin(), settings.ignores.end());
    std::error_code unknown;
    const std::string here = std::filesystem::current_path(unknown).string();
    if (!settings.write_baseline.empty()) {
        muting.baseline = {};
        muting.baseline = diag::baseline_of(diag::make_report(diagnostics, here, muting));
        const std::string text = diag::write_baseline(*muting.baseline);
        if (auto written = publish::replace_file(settings.write_baseline, text); !written) {
            return written.error();
        }
    }
    diag::Report report = diag::make_report(diagnostics, here, muting);
    for (diag::Finding& finding : report.findings)
        finding.chart_template = sources.chart_template(finding.diagnostic);
    for (const ReportTarget& target : settings.targets) {
        const diag::TextStyle style{
            .color = is_colored(settings.color, target.file, stream),
            .line = [&sources](const diag::Diagnostic& d) { return sources.line(d); }};
        const std::string text = format_report(report, target.format, settings.fail_on, style);
        if (!target.file.empty()) {
            if (auto written = publish::replace_file(target.file, text); !written) {
                return written.error();
            }
        } else {
            stream == Stream::Out ? print(text) : print_error(text);
        }
    }
    tell_of_settled(report, settings.baseline_file);
    return report.fails(settings.fail_on);
}

std::string summary(const Translation& translation,
                    const Settings& settings,
                    const diag::Diagnostics& while_reading) {
    const RuleCount rules = count_rules(translation.ir);
    std::string text =
        fmt::format("gatefile: {} rules served; {} refused", rules.served, rules.refused);
    std::size_t objects = 0;
    for (const diag::Diagnostic& item : while_reading.items()) {
        if (diag::info(item.code).klass == diag::Class::Refused) ++objects;
    }
    if (objects > 0) text += fmt::format(", {} faults in what was read", objects);
    if (const std::string why = reasons(translation.diagnostics); !why.empty()) {
        text += fmt::format(" ({})", why);
    }
    return text + other_format(translation, settings) + "\n";
}

}  // namespace gatefile::cli
