// SPDX-License-Identifier: Apache-2.0
//
// The files that findings are about, read again to be shown from.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/diag/source_text.hpp"

namespace gatefile::cli {

/// Reads each file when it is first asked about. Standard input can be read only once, so it is to
/// be kept; what is no regular file has no lines here.
class SourceTexts {
public:
    void keep(const std::string& source, std::string bytes);
    /// The line that a finding is about; nothing where it is about a Secret.
    std::optional<std::string> line(const diag::Diagnostic& diagnostic);
    /// That line of any file and a caret (diag::print_line); "" where it cannot be shown.
    std::string shown(const diag::SourcePosition& at, diag::Severity severity, bool color);
    /// "" when there is none.
    std::string chart_template(const diag::Diagnostic& diagnostic);

private:
    const diag::SourceText& text_of(const std::string& source);
    std::map<std::string, diag::SourceText> texts_;
};

}  // namespace gatefile::cli
