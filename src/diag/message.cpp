// SPDX-License-Identifier: Apache-2.0
#include "message.hpp"

#include <cctype>
#include <string_view>

#include <fmt/format.h>

#include "gatefile/diag/page.hpp"
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

std::string hint(const Diagnostic& diagnostic) {
    if (!diagnostic.hint.empty()) return printable(diagnostic.hint);
    const std::string_view cure = page(diagnostic.code).cure;
    std::string text(cure.substr(0, cure.find(". ")));
    if (text.ends_with('.')) text.pop_back();
    // Cures begin with a verb.
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
    return text;
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
