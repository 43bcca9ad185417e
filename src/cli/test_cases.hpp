// SPDX-License-Identifier: Apache-2.0
//
// What became of a test of routes: as TAP, and as what reports are made of.
#pragma once

#include <string>
#include <vector>

#include "gatefile/analysis/route_test.hpp"
#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/diag/junit.hpp"
#include "source_texts.hpp"

namespace gatefile::cli {

struct TestedCase {
    diag::JunitCase unit;
    std::string title;                     ///< the name in one line, whatever it holds
    std::vector<diag::Diagnostic> misses;  ///< test-failed, where the expectation is written
};

TestedCase tested(const std::string& file,
                  const analysis::RouteTest& test,
                  const analysis::Verdict& verdict);

/// With the line of each expectation that was not met.
void print_tap(std::size_t number, const TestedCase& one, SourceTexts& sources, bool color);

}  // namespace gatefile::cli
