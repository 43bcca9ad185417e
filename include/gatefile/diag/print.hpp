// SPDX-License-Identifier: Apache-2.0
//
// Diagnostics and reports in the formats that people and CI systems read. Positions must have been
// looked up before (api::locate).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/diag/report.hpp"

namespace gatefile::diag {

/// One line each, a `hint:` line below; the hint is the diagnostic's own or its code's:
/// `shop.yaml:41:13: error[backend-not-found]: HTTPRoute shop/web spec.rules[1]: Service ...`
std::string print_text(const Diagnostics& diagnostics);

struct TextStyle {
    bool color = false;  ///< severity, code and caret
    /// The line that a message is about, to be shown below it with a caret; nothing where it cannot
    /// or must not be shown.
    std::function<std::optional<std::string>(const Diagnostic& diagnostic)> line;
};

/// For a terminal, when `color`.
std::string painted(const std::string& text, Severity severity, bool color);

/// The line of a file that `at` is in, and a caret below its column:
///   41 |       backendRefs:
///      |       ^
std::string print_line(std::string_view line,
                       const SourcePosition& at,
                       Severity severity,
                       bool color);

/// As print_text() of its diagnostics, with the chart's template that a document came from.
std::string print_brief(const Report& report, bool color);

/// As above; below a message its line, and the chart's template that its document came from.
std::string print_text(const Report& report, const TextStyle& style);

/// A JSON object {"diagnostics": [...]}; stable keys: code, severity, source, line, column, object
/// {kind, namespace, name}, path, message, hint, template (of a chart), parent, listener.
std::string print_json(const Diagnostics& diagnostics);
std::string print_json(const Report& report);

/// SARIF 2.1.0 (OASIS): one run; its rules are the codes that occur.
std::string print_sarif(const Report& report);

/// GitHub's workflow commands, the worst first, because GitHub shows ten of each kind.
std::string print_github(const Report& report);

/// GitLab's Code Quality report (a subset of Code Climate's).
std::string print_gitlab(const Report& report);

/// JUnit: a case for each finding, failed when it is of this severity or worse; else one that has
/// passed.
std::string print_junit(const Report& report, Severity threshold);

}  // namespace gatefile::diag
