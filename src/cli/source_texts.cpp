// SPDX-License-Identifier: Apache-2.0
#include "source_texts.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

#include "gatefile/base/strings.hpp"
#include "gatefile/diag/print.hpp"
#include "settings.hpp"

namespace gatefile::cli {

void SourceTexts::keep(const std::string& source, std::string bytes) {
    texts_.try_emplace(source, std::move(bytes));
}

std::optional<std::string> SourceTexts::line(const diag::Diagnostic& diagnostic) {
    if (!diagnostic.at || diagnostic.object.kind == "Secret") return std::nullopt;
    const auto found = text_of(diagnostic.at->source).line(diagnostic.at->line);
    if (!found) return std::nullopt;
    return std::string(*found);
}

std::string SourceTexts::shown(const diag::SourcePosition& at,
                               diag::Severity severity,
                               bool color) {
    const auto line = text_of(at.source).line(at.line);
    return line && !base::trim(*line).empty() ? diag::print_line(*line, at, severity, color) : "";
}

std::string SourceTexts::chart_template(const diag::Diagnostic& diagnostic) {
    if (!diagnostic.at) return "";
    return std::string(text_of(diagnostic.at->source).chart_template(diagnostic.at->line));
}

const diag::SourceText& SourceTexts::text_of(const std::string& source) {
    const auto known = texts_.find(source);
    if (known != texts_.end()) return known->second;
    std::error_code unknown;
    std::string bytes;
    if (source != "-" && std::filesystem::is_regular_file(source, unknown)) {
        if (auto read = read_whole_file(source)) bytes = std::move(*read);
    }
    return texts_.try_emplace(source, std::move(bytes)).first->second;
}

}  // namespace gatefile::cli
