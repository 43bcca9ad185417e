// SPDX-License-Identifier: Apache-2.0
#include "message.hpp"

#include <fmt/format.h>

#include "printable.hpp"

namespace gatefile::diag {

std::string subject(const Diagnostic& diagnostic) {
    std::string text = diagnostic.object.text();
    if (!diagnostic.path.empty()) text += (text.empty() ? "" : " ") + diagnostic.path.text();
    return text;
}

std::string message(const Diagnostic& diagnostic) {
    const std::string where = subject(diagnostic);
    return printable(where.empty() ? diagnostic.detail : where + ": " + diagnostic.detail);
}

Place place(const Finding& finding) {
    if (!finding.chart_template.empty()) return {finding.chart_template, 1, 0};
    const auto& at = finding.diagnostic.at;
    return {finding.path, at ? at->line : 0, at && at->line != 0 ? at->column : 0};
}

std::string placed_message(const Finding& finding) {
    const Diagnostic& d = finding.diagnostic;
    if (finding.chart_template.empty() || !d.at) return message(d);
    return fmt::format("{} (rendered in {}:{})", message(d), printable(finding.path), d.at->line);
}

}  // namespace gatefile::diag
