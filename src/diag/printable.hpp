// SPDX-License-Identifier: Apache-2.0
//
// Text that is shown: nobody's text can forge a line of a report or move the cursor.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gatefile::diag {

/// The length of a character at the front that could pass for the end of a line or move the cursor:
/// controls, U+2028, U+2029 and marks of direction; 0 for all others.
std::size_t length_of_misleading(std::string_view text);

/// Such characters, and bytes that are not UTF-8, as \x... . Messages are ours and their foreign
/// parts are quoted already; this is the second line of defence.
std::string printable(std::string_view text);

}  // namespace gatefile::diag
