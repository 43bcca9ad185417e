// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace gatefile::base {

/// Codes that Go's net/http has a text for.
bool has_status_text(std::int64_t code);

}  // namespace gatefile::base
