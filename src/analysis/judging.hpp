// SPDX-License-Identifier: Apache-2.0
//
// What judge() and judge_live() have in common.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/analysis/route_test.hpp"

namespace gatefile::analysis {

/// For messages: in quotes, or "none".
std::string quoted(const std::vector<std::string>& texts);

std::vector<std::string> lines_of(const std::vector<ir::Header>& headers, std::string_view name);

/// What there is instead; nothing when it is as expected.
std::optional<std::string> miss_of(const std::vector<std::string>& wanted,
                                   const std::vector<std::string>& got);
/// The same of a header's lines, by the expected field: exactly this one, it among others, none.
std::optional<std::string> miss_of_lines(const Expected& expected,
                                         const std::vector<std::string>& lines);

}  // namespace gatefile::analysis
