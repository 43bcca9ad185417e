// SPDX-License-Identifier: Apache-2.0
//
// Paths that a format cannot say.
#pragma once

#include <string>

#include "draft.hpp"

namespace gatefile::traefik {

/// In JSON, where paths are put in decoded, what is not UTF-8 then cannot be written. Null: there
/// is no such path in the rule.
const std::string* unwritable_path(const Draft& draft, const ir::Rule& rule);
void report_unwritable(Draft& draft, const ir::Rule& rule, const std::string& path);

}  // namespace gatefile::traefik
