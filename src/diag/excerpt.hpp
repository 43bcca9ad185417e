// SPDX-License-Identifier: Apache-2.0
//
// A line of source with a caret below a column.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gatefile::diag {

struct Excerpt {
    std::string line;
    std::string before_caret;  ///< as wide as what is left of the column; tabs stay tabs
};

/// Long lines are cut around the column, which counts code points from 1; what cannot be shown is
/// escaped.
Excerpt excerpt(std::string_view line, std::uint32_t column);

}  // namespace gatefile::diag
