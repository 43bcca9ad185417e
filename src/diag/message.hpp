// SPDX-License-Identifier: Apache-2.0
//
// A finding in words, for formats that have places of their own for position and severity.
#pragma once

#include <cstdint>
#include <string>

#include "gatefile/diag/report.hpp"

namespace gatefile::diag {

/// "HTTPRoute shop/web spec.rules[1]", or "" when there is no object.
std::string subject(const Diagnostic& diagnostic);

/// "HTTPRoute shop/web spec.rules[1]: Service ... does not exist", printable.
std::string message(const Diagnostic& diagnostic);

/// What to do, printable: the diagnostic's own hint, else the first sentence of its code's cure.
std::string hint(const Diagnostic& diagnostic);

/// Where CI is to show a finding: in the file, or in the template that it was rendered from, whose
/// line nobody knows. Lines and columns are 0 where they are not known.
struct Place {
    std::string path;
    std::uint32_t line;
    std::uint32_t column;
};
Place place(const Finding& finding);

/// message(), and what file and line it is about where place() is another.
std::string placed_message(const Finding& finding);

}  // namespace gatefile::diag
