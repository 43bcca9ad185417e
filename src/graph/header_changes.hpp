// SPDX-License-Identifier: Apache-2.0
//
// Header modifiers that contradict themselves or cannot be sent (HTTPHeaderFilter).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gatefile/api/http_route.hpp"
#include "gatefile/diag/code.hpp"

namespace gatefile::graph {

struct HeaderFault {
    diag::Code code{};
    const char* field = "";  ///< "set", "add" or "remove"
    std::size_t index = 0;   ///< in that field
    std::string detail;
};

std::vector<HeaderFault> find_header_faults(const api::HeaderModifier& modifier);

/// RFC 9110, token.
bool is_header_name(std::string_view name);

/// Any but tabs.
bool has_control_characters(std::string_view text);

}  // namespace gatefile::graph
