// SPDX-License-Identifier: Apache-2.0
//
// Where Go's regexp/syntax (Go 1.26) and RE2 read a pattern differently.
#pragma once

#include <string>
#include <string_view>

#include "gatefile/base/result.hpp"

namespace gatefile::base {

/// The pattern as RE2 has to be given it to mean what Go means; an Error for what only RE2 accepts.
/// Everything else, faults included, passes through untouched.
Result<std::string> translate_go_pattern(std::string_view pattern);

}  // namespace gatefile::base
