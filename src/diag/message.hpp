// SPDX-License-Identifier: Apache-2.0
//
// A finding in words, for formats that have places of their own for position and severity.
#pragma once

#include <string>

#include "gatefile/diag/report.hpp"

namespace gatefile::diag {

/// "HTTPRoute shop/web spec.rules[1]", or "" when there is no object.
std::string subject(const Diagnostic& diagnostic);

/// "HTTPRoute shop/web spec.rules[1]: Service ... does not exist", printable.
std::string message(const Diagnostic& diagnostic);

}  // namespace gatefile::diag
