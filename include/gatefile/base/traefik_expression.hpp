// SPDX-License-Identifier: Apache-2.0
//
// The expressions of Traefik's middlewares `circuitBreaker` and `buffering`.
#pragma once

#include <string_view>

namespace gatefile::base {

bool is_breaker_expression(std::string_view text);
bool is_retry_expression(std::string_view text);

}  // namespace gatefile::base
