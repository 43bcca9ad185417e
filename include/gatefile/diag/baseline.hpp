// SPDX-License-Identifier: Apache-2.0
//
// Old debt: findings that were there when a baseline was written are not shown again. The file is
// text, one entry a line: fingerprint, how often, and for readers the code, object and field.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/base/result.hpp"

namespace gatefile::diag {

struct Report;

struct BaselineEntry {
    std::string fingerprint;  ///< diag::fingerprint()
    std::size_t count = 0;
    std::string about;  ///< "backend-not-found HTTPRoute shop/web spec.rules.backendRefs"
};

struct Baseline {
    std::vector<BaselineEntry> entries;  ///< by `about`, then fingerprint
};

/// The Error (kind Usage) names the line that is none.
base::Result<Baseline> parse_baseline(std::string_view text);
std::string write_baseline(const Baseline& baseline);

/// All findings of a report.
Baseline baseline_of(const Report& report);

}  // namespace gatefile::diag
