// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "command.hpp"
#include "commands.hpp"
#include "evaluation.hpp"
#include "exit.hpp"
#include "gatefile/analysis/route_test.hpp"
#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/tree/read.hpp"
#include "settings.hpp"
#include "source_texts.hpp"
#include "test_cases.hpp"
#include "test_live.hpp"
#include "test_report.hpp"

namespace gatefile::cli {

namespace {

struct TestOptions : Options {
    std::vector<std::string> tests;
    bool record = false;
    std::string unjudged = "tell";
    LiveOptions live;
};

struct TestFile {
    std::string name;
    std::vector<analysis::RouteTest> tests;
};

/// A test that nothing can fail is no test: it would pass whatever the routes say.
void find_empty_tests(const TestFile& file, std::vector<tree::Fault>& faults) {
    for (const analysis::RouteTest& test : file.tests) {
        if (!test.expected.empty()) continue;
        faults.push_back({test.at,
                          "the test expects nothing: give it expect with at least one field; "
                          "--record writes what holds now"});
    }
    if (file.tests.empty() && faults.empty())
        faults.push_back({{.line = 1, .column = 1},
                          "there is no test in this file: a list of tests is wanted, each with "
                          "name, request and expect"});
}

/// Nothing: the file has faults, which were told.
base::Result<std::optional<TestFile>> read_file(const std::string& name,
                                                bool record,
                                                SourceTexts& sources) {
    auto bytes = read_whole_file(name);
    if (!bytes) return bytes.error();
    sources.keep(name, *bytes);
    const auto source = std::make_shared<const std::string>(name);
    const tree::ReadResult read = tree::read(*bytes, source);
    std::vector<tree::Fault> faults = read.faults;
    TestFile file{name, {}};
    for (const tree::Document& document : read.documents) {
        analysis::RouteTests found = analysis::read_route_tests(document);
        faults.insert(faults.end(), found.faults.begin(), found.faults.end());
        std::ranges::move(found.tests, std::back_inserter(file.tests));
    }
    if (!record || file.tests.empty()) find_empty_tests(file, faults);
    for (const tree::Fault& fault : faults) {
        const diag::SourcePosition at{name, fault.position.line, fault.position.column};
        print_error(fmt::format("{}:{}:{}: {}\n", name, at.line, at.column, fault.text) +
                    sources.shown(at, diag::Severity::Error, false));
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

using Judge = std::function<base::Result<analysis::Verdict>(const analysis::RouteTest&)>;

void fail_unjudged(analysis::Verdict& verdict) {
    for (analysis::Unjudged& one : verdict.unjudged) {
        verdict.misses.push_back(
            {std::move(one.expected), "nothing that could be judged: " + one.why});
    }
    verdict.unjudged.clear();
}

int run_tests(const Judge& judge,
              const std::vector<TestFile>& files,
              SourceTexts& sources,
              const TestOptions& options) {
    const auto reports = test_reports(options);
    if (!reports) return fail(reports.error());
    std::vector<TestedCase> cases;
    std::size_t failed = 0;
    std::size_t unjudged = 0;
    for (const TestFile& file : files) {
        for (const analysis::RouteTest& test : file.tests) {
            auto verdict = judge(test);
            if (!verdict) return fail(verdict.error());
            if (options.unjudged == "fail") fail_unjudged(*verdict);
            cases.push_back(tested(file.name, test, *verdict));
            if (reports->tap) print_tap(cases.size(), cases.back(), sources, reports->color);
            if (cases.back().unit.failure) ++failed;
            unjudged += verdict->unjudged.size();
        }
    }
    if (reports->tap) print(fmt::format("1..{}\n", cases.size()));
    if (reports->tap && unjudged > 0)
        print(fmt::format(
            "# {} expectation{} not judged\n", unjudged, unjudged == 1 ? " was" : "s were"));
    if (auto written = write_test_reports(*reports, cases, sources); !written)
        return fail(written.error());
    return failed == 0 ? exit_ok : exit_findings;
}

/// All that stands in the way of sending them is told before anything is sent.
int run_live(const std::vector<TestFile>& files,
             SourceTexts& sources,
             const TestOptions& options) {
    if (options.record) {
        return fail({base::ErrorKind::Usage,
                     "--record writes what manifests say, and is not for --against"});
    }
    const auto live = LiveTraefik::make(options.live);
    if (!live) return fail(live.error());
    bool ready = true;
    for (const TestFile& file : files) {
        for (const analysis::RouteTest& test : file.tests) {
            const auto obstacle = live->obstacle(test);
            if (!obstacle) continue;
            ready = false;
            print_error(fmt::format(
                "{}:{}:{}: {}\n", file.name, test.at.line, test.at.column, *obstacle));
        }
    }
    if (!ready) return exit_usage;
    return run_tests(
        [&live](const analysis::RouteTest& test) { return live->judge(test); },
        files,
        sources,
        options);
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
    } else if (auto written = write_text(options.out, text); !written) {
        return fail(written.error());
    }
    return exit_ok;
}

int test(const TestOptions& options) {
    if (options.unjudged != "tell" && options.unjudged != "fail")
        return fail(usage("--unjudged", options.unjudged, "tell or fail is wanted"));
    SourceTexts sources;
    std::vector<TestFile> files;
    bool sound = true;
    for (const std::string& name : options.tests) {
        auto file = read_file(name, options.record, sources);
        if (!file) return fail(file.error());
        sound = sound && file->has_value();
        if (file->has_value()) files.push_back(std::move(**file));
    }
    if (!sound) return exit_findings;
    if (!options.live.against.empty()) return run_live(files, sources, options);
    if (options.live.insecure || !options.live.ca_file.empty())
        return fail({base::ErrorKind::Usage, "--cacert and --insecure are for --against"});
    auto evaluator = Evaluator::make(options);
    if (!evaluator) return fail(evaluator.error());
    if (options.record) return record_tests(*evaluator, files, options);
    const Judge offline = [&evaluator](const analysis::RouteTest& test) {
        return analysis::judge_offline(test, evaluator->explain(test.question));
    };
    return run_tests(offline, files, sources, options);
}

void add_options(CLI::App& command, TestOptions& options) {
    command.add_option("tests", options.tests, "Tests of routes")->type_name("FILE")->required();
    command.add_flag("--record", options.record, "Write the expectations that hold now instead");
    command.add_option("-o,--out", options.out, "Where --record writes to, - for standard output")
        ->type_name("FILE|-");
    command
        .add_option("--report",
                    options.reports,
                    "Failures as text, brief, json, sarif, github, gitlab or junit, to a file if one "
                    "is named")
        ->type_name("FORMAT[=FILE]");
    add_color_option(command, options);
    command
        .add_option("--unjudged",
                    options.unjudged,
                    "Whether what cannot be known or seen from outside is told or fails")
        ->capture_default_str()
        ->type_name("tell|fail");
    add_live_options(command, options.live);
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
