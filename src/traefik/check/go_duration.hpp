// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "gatefile/base/regex.hpp"

namespace gatefile::traefik::check {

/// Go's time.ParseDuration: "1h2m", "-1.5s", "0".
inline bool is_go_duration(std::string_view text) {
    static const auto pattern = base::Regex::compile(
        "^[+-]?(0|(([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(ns|us|\xC2\xB5s|\xCE\xBCs|ms|s|m|h))+)$");
    return pattern && pattern->matches(text);
}

}  // namespace gatefile::traefik::check
