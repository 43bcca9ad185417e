// SPDX-License-Identifier: Apache-2.0
#include "test_report.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "exit.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/diag/print.hpp"
#include "gatefile/diag/report.hpp"
#include "gatefile/tree/write.hpp"
#include "settings.hpp"

namespace gatefile::cli {

namespace {

/// What failed, in the words of the reports that all commands have.
diag::Report report_of(const std::vector<diag::JunitCase>& cases) {
    diag::Diagnostics found;
    for (const diag::JunitCase& one : cases) {
        if (!one.failure) continue;
        std::vector<std::string_view> misses = base::split(one.failure->details, '\n');
        std::erase_if(misses, [](std::string_view line) { return line.empty(); });
        found.add({.code = diag::Code::TestFailed,
                   .object = {},
                   .path = {},
                   .detail = fmt::format("{}: {}",
                                         base::quote_for_message(one.name, 300),
                                         fmt::join(misses, "; ")),
                   .hint = {},
                   .at = diag::SourcePosition{one.file, static_cast<std::uint32_t>(one.line), 1}});
    }
    std::error_code unknown;
    return diag::make_report(found, std::filesystem::current_path(unknown).string(), {});
}

class CaseWriter {
public:
    tree::Node write(const std::vector<diag::JunitCase>& cases) {
        std::vector<tree::Node> items;
        for (const diag::JunitCase& one : cases)
            items.push_back(write(one));
        const auto failed = std::ranges::count_if(
            cases, [](const diag::JunitCase& one) { return one.failure.has_value(); });
        const std::vector<tree::Entry> fields = {
            {"tests", {}, tree::Node::list(arena_.copy(items))},
            {"failed", {}, tree::Node::integer(failed)},
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

struct Printer {
    std::string_view format;
    std::string (*print)(const diag::Report&);
};
constexpr Printer printers[] = {{"github", diag::print_github},
                                {"gitlab", diag::print_gitlab},
                                {"sarif", diag::print_sarif}};

std::string print_json(const std::vector<diag::JunitCase>& cases) {
    CaseWriter writer;
    return tree::write_json(writer.write(cases), tree::JsonStyle::Indented);
}

}  // namespace

base::Result<void> write_text(const std::string& file, const std::string& text) {
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    if (out) return {};
    return base::Error{base::ErrorKind::Io, "writing " + file};
}

base::Result<void> write_test_reports(const std::vector<std::string>& reports,
                                      const std::vector<diag::JunitCase>& cases) {
    for (const std::string& report : reports) {
        const std::size_t equals = std::min(report.find('='), report.size());
        const std::string format = report.substr(0, equals);
        const std::string file = equals < report.size() ? report.substr(equals + 1) : "";
        const bool is_whole = format == "junit" || format == "json";
        const auto printer = std::ranges::find(printers, format, &Printer::format);
        if ((!is_whole && printer == std::end(printers)) || (is_whole && file.empty()))
            return usage("--report",
                         report,
                         "junit=FILE, json=FILE, or github, gitlab or sarif, each with or without "
                         "=FILE, is wanted");
        const std::string text = format == "json"    ? print_json(cases)
                                 : format == "junit" ? print_junit("gatefile test", cases)
                                                     : printer->print(report_of(cases));
        if (file.empty()) {
            print(text);
        } else if (auto written = write_text(file, text); !written) {
            return written;
        }
    }
    return {};
}

}  // namespace gatefile::cli
