// SPDX-License-Identifier: Apache-2.0
//
// Go's literals, which templates and rules share.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace gatefile::traefik::check {

/// The length of the literal at the front, in ", ` or ', quotes included; 0 when it is not closed.
std::size_t go_string_length(std::string_view text);
/// strconv.Unquote of a literal in " or `.
std::optional<std::string> go_unquote(std::string_view literal);
bool is_go_number(std::string_view text);

}  // namespace gatefile::traefik::check
