// SPDX-License-Identifier: Apache-2.0
//
// Diagnostics made ready to be shown: what was silenced or is old debt is taken out and counted,
// and each of the others has what it is recognised by later.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/diag/baseline.hpp"
#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/diag/silence.hpp"

namespace gatefile::diag {

struct Finding {
    Diagnostic diagnostic;
    /// Stays the same when lines move, other findings come and go, or words of a message change;
    /// unique in its report.
    std::string fingerprint;
    std::string path;  ///< of the source, as other programs want it; "" when there is none
    /// What Helm rendered its document from, as Helm names it; "" when it was not. Reports that CI
    /// shows beside files point there.
    std::string chart_template;
};

/// What is not to be shown.
struct Muting {
    std::vector<Ignore> ignores;
    std::optional<Baseline> baseline;
};

struct Report {
    std::vector<Finding> findings;
    std::size_t silenced = 0;
    std::size_t known = 0;               ///< of the baseline
    std::vector<BaselineEntry> settled;  ///< of the baseline: found no more, or less often

    /// Whether a finding is of this severity or worse.
    bool fails(Severity threshold) const;
    Diagnostics diagnostics() const;  ///< of the findings
};

/// Paths below the working directory are made relative to it.
Report make_report(const Diagnostics& diagnostics,
                   const std::string& working_directory,
                   const Muting& muting);

/// What a diagnostic is recognised by: its code, object and fields without their indices, the names
/// and values in its message; where it has no object, its file. 16 hexadecimal digits.
std::string fingerprint(const Diagnostic& diagnostic, std::string_view path);

}  // namespace gatefile::diag
