// SPDX-License-Identifier: Apache-2.0
//
// Label selectors as kubectl's --selector has them: "a=b,c!=d,e in (f,g),h notin (i),j,!k".
#pragma once

#include <string_view>

#include "gatefile/api/gateway.hpp"
#include "gatefile/base/result.hpp"

namespace gatefile::api {

/// An Error (kind Usage) names the requirement that cannot be understood. Empty text: everything.
base::Result<LabelSelector> parse_label_selector(std::string_view text);

}  // namespace gatefile::api
