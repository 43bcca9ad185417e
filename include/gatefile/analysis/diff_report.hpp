// SPDX-License-Identifier: Apache-2.0
//
// Differences for reports that CI systems read.
#pragma once

#include <vector>

#include "gatefile/analysis/diff.hpp"
#include "gatefile/diag/diagnostic.hpp"

namespace gatefile::analysis {

/// About the object as it is now, or as it was where there is none any more.
diag::Diagnostic to_diagnostic(const Difference& difference);

}  // namespace gatefile::analysis
