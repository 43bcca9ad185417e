// SPDX-License-Identifier: Apache-2.0
#include "test_report.hpp"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>

#include <fmt/format.h>

#include "exit.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/diag/print.hpp"
#include "gatefile/diag/report.hpp"
#include "gatefile/tree/write.hpp"
#include "settings.hpp"

namespace gatefile::cli {

namespace {

/// What failed, in the words of the reports that all commands have.
diag::Report report_of(const std::vector<TestedCase>& cases) {
    diag::Diagnostics found;
    for (const TestedCase& one : cases) {
        for (const diag::Diagnostic& miss : one.misses)
            found.add(miss);
    }
    std::error_code unknown;
    return diag::make_report(found, std::filesystem::current_path(unknown).string(), {});
}

std::ptrdiff_t count_failed(const std::vector<TestedCase>& cases) {
    return std::ranges::count_if(
        cases, [](const TestedCase& one) { return one.unit.failure.has_value(); });
}

class CaseWriter {
public:
    tree::Node write(const std::vector<TestedCase>& cases) {
        std::vector<tree::Node> items;
        for (const TestedCase& one : cases)
            items.push_back(write(one.unit));
        const std::vector<tree::Entry> fields = {
            {"tests", {}, tree::Node::list(arena_.copy(items))},
            {"failed", {}, tree::Node::integer(count_failed(cases))},
        };
        return tree::Node::map(arena_.copy(fields));
    }

private:
    tree::Node text(const std::string& value) {
        return tree::Node::string(
            arena_.copy(base::is_utf8(value) ? value : base::quote_for_message(value, 300)));
    }

    tree::Node write(const diag::JunitCase& one) {
        const std::string_view result = one.failure   ? "failed"
                                        : one.skipped ? "skipped"
                                                      : "passed";
        std::vector<tree::Entry> fields = {
            {"name", {}, text(one.name)},
            {"source", {}, text(one.file)},
            {"line", {}, tree::Node::integer(one.line)},
            {"result", {}, tree::Node::string(result)},
        };
        if (one.failure) fields.push_back({"message", {}, text(one.failure->details)});
        if (!one.notes.empty()) fields.push_back({"notes", {}, text(one.notes)});
        return tree::Node::map(arena_.copy(fields));
    }

    tree::Arena arena_;
};

constexpr std::string_view formats[] = {
    "text", "brief", "json", "sarif", "github", "gitlab", "junit"};
bool is_text(std::string_view format) {
    return format == "text" || format == "brief";
}
bool is_whole(std::string_view format) {
    return format == "junit" || format == "json";
}

std::string print_json(const std::vector<TestedCase>& cases) {
    CaseWriter writer;
    return tree::write_json(writer.write(cases), tree::JsonStyle::Indented);
}

std::string print_junit(const std::vector<TestedCase>& cases) {
    std::vector<diag::JunitCase> units;
    for (const TestedCase& one : cases)
        units.push_back(one.unit);
    return diag::print_junit("gatefile test", units);
}

/// What people read begins with the failures and ends with how many there are.
std::string print_people(const std::vector<TestedCase>& cases,
                         std::string_view format,
                         const diag::TextStyle& style) {
    const diag::Report report = report_of(cases);
    const std::ptrdiff_t failed = count_failed(cases);
    return (format == "text" ? diag::print_text(report, style)
                             : diag::print_brief(report, style.color)) +
           fmt::format("{} passed, {} failed\n",
                       static_cast<std::ptrdiff_t>(cases.size()) - failed,
                       failed);
}

std::string print_report(const std::vector<TestedCase>& cases,
                         std::string_view format,
                         const diag::TextStyle& style) {
    if (format == "json") return print_json(cases);
    if (format == "junit") return print_junit(cases);
    if (format == "github") return diag::print_github(report_of(cases));
    if (format == "gitlab") return diag::print_gitlab(report_of(cases));
    if (format == "sarif") return diag::print_sarif(report_of(cases));
    return print_people(cases, format, style);
}

}  // namespace

base::Result<void> write_text(const std::string& file, const std::string& text) {
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    if (out) return {};
    return base::Error{base::ErrorKind::Io, "writing " + file};
}

base::Result<TestReports> test_reports(const Options& options) {
    TestReports reports;
    const auto color = color_of(options.color);
    if (!color) return color.error();
    reports.setting = *color;
    reports.color = is_colored(*color, "", Stream::Out);
    for (const std::string& report : options.reports) {
        const std::size_t equals = std::min(report.find('='), report.size());
        const std::string format = report.substr(0, equals);
        const std::string file = equals < report.size() ? report.substr(equals + 1) : "";
        if (std::ranges::find(formats, format) == std::end(formats) ||
            (is_whole(format) && file.empty()))
            return usage("--report",
                         report,
                         "junit=FILE, json=FILE, or text, brief, github, gitlab or sarif, each "
                         "with or without =FILE, is wanted");
        if (is_text(format) && file.empty()) reports.tap = false;
        reports.targets.push_back({format, file});
    }
    return reports;
}

base::Result<void> write_test_reports(const TestReports& reports,
                                      const std::vector<TestedCase>& cases,
                                      SourceTexts& sources) {
    for (const ReportTarget& target : reports.targets) {
        const diag::TextStyle style{
            .color = is_colored(reports.setting, target.file, Stream::Out),
            .line = [&sources](const diag::Diagnostic& d) { return sources.line(d); }};
        const std::string text = print_report(cases, target.format, style);
        if (target.file.empty()) {
            print(text);
        } else if (auto written = write_text(target.file, text); !written) {
            return written;
        }
    }
    return {};
}

}  // namespace gatefile::cli
