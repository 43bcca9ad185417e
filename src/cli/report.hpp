// SPDX-License-Identifier: Apache-2.0
//
// Diagnostics to where --report says, and the last line of convert.
#pragma once

#include <string>
#include <vector>

#include "gatefile/base/result.hpp"
#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/gatefile.hpp"

namespace gatefile::cli {

enum class Stream { Out, Error };

/// `reports`: FORMAT or FORMAT=FILE, FORMAT text or json; none: text on `stream`.
base::Result<void> write_reports(const std::vector<std::string>& reports,
                                 const diag::Diagnostics& diagnostics,
                                 Stream stream);

/// "4 rules served; 1 refused (rule-unsupported 1); --to plugin would serve 1 more".
std::string summary(const Translation& translation,
                    const Settings& settings,
                    const diag::Diagnostics& while_reading);

}  // namespace gatefile::cli
