// SPDX-License-Identifier: Apache-2.0
#include "message.hpp"

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

}  // namespace gatefile::diag
