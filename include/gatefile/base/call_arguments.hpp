// SPDX-License-Identifier: Apache-2.0
//
// Looks into an expression such as "Host(`a.x`) && !Path(`/b`, `/c`)" without understanding it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gatefile::base {

/// The arguments of all calls of a function, whatever its case, as Go reads strings in backticks or
/// quotation marks; blanks and comments are nothing.
std::vector<std::string> call_arguments(std::string_view expression, std::string_view function);

/// Whether a `!` is in it, outside of strings and comments.
bool has_negation(std::string_view expression);

}  // namespace gatefile::base
