// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "command.hpp"
#include "commands.hpp"
#include "evaluation.hpp"
#include "exit.hpp"
#include "gatefile/analysis/route_test.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/diag/junit.hpp"
#include "gatefile/tree/read.hpp"

namespace gatefile::cli {

namespace {

struct TestOptions : Options {
    std::vector<std::string> tests;
    bool record = false;
};

struct TestFile {
    std::string name;
    std::vector<analysis::RouteTest> tests;
};

/// Nothing: the file has faults, which were told.
base::Result<std::optional<TestFile>> read_file(const std::string& name) {
    auto bytes = read_whole_file(name);
    if (!bytes) return bytes.error();
    const auto source = std::make_shared<const std::string>(name);
    const tree::ReadResult read = tree::read(*bytes, source);
    std::vector<tree::Fault> faults = read.faults;
    TestFile file{name, {}};
    for (const tree::Document& document : read.documents) {
        analysis::RouteTests found = analysis::read_route_tests(document);
        faults.insert(faults.end(), found.faults.begin(), found.faults.end());
        std::ranges::move(found.tests, std::back_inserter(file.tests));
    }
    for (const tree::Fault& fault : faults) {
        print_error(fmt::format(
            "{}:{}:{}: {}\n", name, fault.position.line, fault.position.column, fault.text));
    }
    const auto folder = std::filesystem::path(name).parent_path();
    for (analysis::RouteTest& test : file.tests) {
        if (test.client_certificate.empty()) continue;
        auto pem = read_whole_file((folder / test.client_certificate).string());
        if (!pem) return pem.error();
        test.question.client_certificate = std::move(*pem);
    }
    if (!faults.empty()) return std::optional<TestFile>();
    return std::optional(std::move(file));
}

std::string miss_text(const std::string& file, const analysis::Miss& miss) {
    const analysis::Expected& expected = miss.expected;
    std::string wanted;
    for (const std::string& value : expected.values)
        wanted += (wanted.empty() ? "" : ", ") + base::quote_for_message(value, 300);
    std::string what(field_name(expected.field));
    if (!expected.header.empty()) what += " " + base::quote_for_message(expected.header);
    return fmt::format("{}:{}:{}: {}: expected {}, found {}",
                       file,
                       expected.at.line,
                       expected.at.column,
                       what,
                       wanted.empty() ? "it" : wanted,
                       miss.found);
}

/// One line, whatever the name holds.
std::string title_of(const analysis::RouteTest& test) {
    const std::string quoted = base::quote_for_message(test.name, 300);
    return quoted.substr(1, quoted.size() - 2);
}

diag::JunitCase
run_test(const Evaluator& evaluator, const std::string& file, const analysis::RouteTest& test) {
    diag::JunitCase out{
        .group = file, .name = test.name, .file = file, .line = test.at.line, .failure = {}};
    const std::vector<analysis::Miss> misses =
        analysis::judge(test, evaluator.explain(test.question));
    if (misses.empty()) return out;
    diag::JunitCase::Failure failure{.type = std::string(field_name(misses[0].expected.field)),
                                     .message = miss_text(file, misses[0]),
                                     .details = {}};
    for (const analysis::Miss& miss : misses)
        failure.details += miss_text(file, miss) + "\n";
    out.failure = std::move(failure);
    return out;
}

base::Result<void> write_file(const std::string& file, const std::string& text) {
    std::ofstream out(file, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    if (out) return {};
    return base::Error{base::ErrorKind::Io, "writing " + file};
}

base::Result<void> write_junit(const Options& options, const std::vector<diag::JunitCase>& cases) {
    for (const std::string& report : options.reports) {
        if (!report.starts_with("junit=") || report.size() == 6)
            return usage("--report", report, "junit=FILE is wanted");
        if (auto written = write_file(report.substr(6), print_junit("gatefile test", cases));
            !written) {
            return written;
        }
    }
    return {};
}

int run_tests(const Evaluator& evaluator,
              const std::vector<TestFile>& files,
              const TestOptions& options) {
    std::vector<diag::JunitCase> cases;
    std::size_t failed = 0;
    for (const TestFile& file : files) {
        for (const analysis::RouteTest& test : file.tests) {
            cases.push_back(run_test(evaluator, file.name, test));
            const auto& failure = cases.back().failure;
            print(fmt::format(
                "{} {} - {}\n", failure ? "not ok" : "ok", cases.size(), title_of(test)));
            if (!failure) continue;
            ++failed;
            for (const std::string_view line : base::split(failure->details, '\n'))
                if (!line.empty()) print(fmt::format("#   {}\n", line));
        }
    }
    print(fmt::format("1..{}\n", cases.size()));
    if (auto written = write_junit(options, cases); !written) return fail(written.error());
    return failed == 0 ? exit_ok : exit_findings;
}

int record_tests(const Evaluator& evaluator,
                 const std::vector<TestFile>& files,
                 const TestOptions& options) {
    std::vector<std::pair<analysis::RouteTest, analysis::Explanation>> found;
    for (const TestFile& file : files) {
        for (const analysis::RouteTest& test : file.tests)
            found.emplace_back(test, evaluator.explain(test.question));
    }
    const std::string text = analysis::record(found);
    if (options.out.empty() || options.out == "-") {
        print(text);
    } else if (auto written = write_file(options.out, text); !written) {
        return fail(written.error());
    }
    return exit_ok;
}

int test(const TestOptions& options) {
    std::vector<TestFile> files;
    bool sound = true;
    for (const std::string& name : options.tests) {
        auto file = read_file(name);
        if (!file) return fail(file.error());
        sound = sound && file->has_value();
        if (file->has_value()) files.push_back(std::move(**file));
    }
    if (!sound) return exit_findings;
    auto evaluator = Evaluator::make(options);
    if (!evaluator) return fail(evaluator.error());
    return options.record ? record_tests(*evaluator, files, options)
                          : run_tests(*evaluator, files, options);
}

void add_options(CLI::App& command, TestOptions& options) {
    command.add_option("tests", options.tests, "Tests of routes")->type_name("FILE")->required();
    command.add_flag("--record", options.record, "Write the expectations that hold now instead");
    command.add_option("-o,--out", options.out, "Where --record writes to, - for standard output")
        ->type_name("FILE|-");
    command.add_option("--report", options.reports, "A report for CI: junit=FILE")
        ->type_name("FORMAT=FILE");
    add_evaluation_options(command, options);
}

}  // namespace

void add_test(CLI::App& program, int& code) {
    add_command<TestOptions>(program,
                             code,
                             "test",
                             "Say whether requests go where tests expect them",
                             add_options,
                             test);
}

}  // namespace gatefile::cli
