// SPDX-License-Identifier: Apache-2.0
//
// What `test` writes for CI besides its TAP.
#pragma once

#include <string>
#include <vector>

#include "gatefile/base/result.hpp"
#include "options.hpp"
#include "report.hpp"
#include "source_texts.hpp"
#include "test_cases.hpp"

namespace gatefile::cli {

base::Result<void> write_text(const std::string& file, const std::string& text);

struct TestReports {
    std::vector<ReportTarget> targets;
    Color setting = Color::Auto;
    bool tap = true;     ///< unless a report of text takes its place on standard output
    bool color = false;  ///< of the TAP
};

/// --report and --color. junit and json are whole documents and want a file.
base::Result<TestReports> test_reports(const Options& options);

base::Result<void> write_test_reports(const TestReports& reports,
                                      const std::vector<TestedCase>& cases,
                                      SourceTexts& sources);

}  // namespace gatefile::cli
