// SPDX-License-Identifier: Apache-2.0
#include "gatefile/base/http_status.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gatefile::base {

bool has_status_text(std::int64_t code) {
    constexpr auto ranges = std::to_array<std::pair<int, int>>({{100, 103},
                                                                {200, 208},
                                                                {226, 226},
                                                                {300, 305},
                                                                {307, 308},
                                                                {400, 418},
                                                                {421, 426},
                                                                {428, 429},
                                                                {431, 431},
                                                                {451, 451},
                                                                {500, 508},
                                                                {510, 511}});
    return std::ranges::any_of(
        ranges, [&](const auto& range) { return code >= range.first && code <= range.second; });
}

}  // namespace gatefile::base
