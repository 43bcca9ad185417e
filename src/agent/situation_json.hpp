// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "problems.hpp"

namespace gatefile::agent {

/// What the control socket answers to `status`: one JSON object, no keys and no values that
/// requests are matched by.
std::string situation_json(const Situation& situation, const std::vector<Problem>& problems);

}  // namespace gatefile::agent
