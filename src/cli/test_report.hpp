// SPDX-License-Identifier: Apache-2.0
//
// What `test` writes for CI besides its TAP.
#pragma once

#include <string>
#include <vector>

#include "gatefile/base/result.hpp"
#include "gatefile/diag/junit.hpp"

namespace gatefile::cli {

base::Result<void> write_text(const std::string& file, const std::string& text);

/// "junit=FILE", "json=FILE", "github" or "github=FILE"; else an Error of kind Usage.
base::Result<void> write_test_reports(const std::vector<std::string>& reports,
                                      const std::vector<diag::JunitCase>& cases);

}  // namespace gatefile::cli
