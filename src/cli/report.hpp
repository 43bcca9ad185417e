// SPDX-License-Identifier: Apache-2.0
//
// Diagnostics to where --report says, and the last line of convert.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gatefile/api/snapshot.hpp"
#include "gatefile/base/result.hpp"
#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/diag/report.hpp"
#include "gatefile/gatefile.hpp"
#include "options.hpp"
#include "source_texts.hpp"

namespace gatefile::cli {

enum class Stream { Out, Error };

enum class Color { Auto, Always, Never };
/// --color.
base::Result<Color> color_of(const std::string& name);
/// Whether what goes to `file` ("": the stream) is coloured (no-color.org; `auto` is for people at a
/// terminal).
bool is_colored(Color color, const std::string& file, Stream stream);

struct ReportTarget {
    std::string format;
    std::string file;  ///< empty: the command's stream
};

struct ReportSettings {
    std::vector<ReportTarget> targets;
    diag::Severity fail_on = diag::Severity::Error;
    std::vector<diag::Ignore> ignores;
    std::optional<diag::Baseline> baseline;
    std::string baseline_file;
    std::string write_baseline;
    Color color = Color::Auto;
};

/// --report (none: `format`), --fail-on, --ignore, --baseline, --color.
base::Result<ReportSettings> report_settings(const Options& options, const std::string& format);

/// Writes what is not silenced by settings, annotations or the baseline to where --report says.
/// Whether something is as bad as --fail-on.
base::Result<bool> write_reports(const ReportSettings& settings,
                                 const diag::Diagnostics& diagnostics,
                                 const api::Snapshot& snapshot,
                                 SourceTexts& sources,
                                 Stream stream);

/// "4 rules served; 1 refused (rule-unsupported 1); --to plugin would serve 1 more".
std::string summary(const Translation& translation,
                    const Settings& settings,
                    const diag::Diagnostics& while_reading);

}  // namespace gatefile::cli
