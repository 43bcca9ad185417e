// SPDX-License-Identifier: Apache-2.0
//
// Texts that a pattern matches, for asking what a configuration answers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gatefile::base {

/// A few texts that the pattern (Go's) matches: short and long, from both ends of its classes. Each
/// was tried. None when the pattern is none, or has what no text is made for (\b, \p).
std::vector<std::string> regex_examples(std::string_view go_pattern);

}  // namespace gatefile::base
