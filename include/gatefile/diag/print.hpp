// SPDX-License-Identifier: Apache-2.0
//
// Diagnostics as text and JSON. Positions must have been looked up before (api::locate).
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "gatefile/diag/diagnostic.hpp"

namespace gatefile::diag {

/// One line each, a `hint:` line below where there is one:
/// `shop.yaml:41:13: error[backend-not-found]: HTTPRoute shop/web spec.rules[1]: Service ...`
std::string print_text(const Diagnostics& diagnostics);

/// A JSON object {"diagnostics": [...]}; stable keys: code, severity, source, line, column, object
/// {kind, namespace, name}, path, message, hint, parent, listener.
std::string print_json(const Diagnostics& diagnostics);

}  // namespace gatefile::diag
