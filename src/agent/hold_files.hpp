// SPDX-License-Identifier: Apache-2.0
//
// Where it is kept that publishing is paused, and whose servers what is held has.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/agent/log.hpp"
#include "gatefile/base/result.hpp"
#include "hold.hpp"

namespace gatefile::agent {

/// The first one that there is; what cannot be read is logged.
std::optional<Hold> read_hold(const std::vector<std::string>& directories, const Log& log);
/// Empty where there are none for what has this shape.
std::string read_held_backends(const std::vector<std::string>& directories, std::string_view shape);

base::Result<void> keep_hold(const std::string& directory,
                             const Hold& hold,
                             std::string_view shape,
                             std::string_view backends);
base::Result<void> drop_hold(const std::string& directory);

}  // namespace gatefile::agent
