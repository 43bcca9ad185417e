// SPDX-License-Identifier: Apache-2.0
//
// What Traefik makes of texts in a middleware: whether it would take them. It refuses the whole
// middleware for one that it does not, and with it every rule that runs it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "middleware_fields.hpp"

namespace gatefile::api {

/// What is wrong with a text, as a clause; nothing when nothing is.
std::optional<std::string> fault_of(std::string_view text, TextCheck check);

/// Holds for every text: no control characters, not over long.
std::optional<std::string> fault_of_any(std::string_view text);

/// A number of seconds ("10"), or a duration of Go's without a sign, of at most a year; as Go reads
/// it.
std::optional<std::string> middleware_duration(std::string_view text);

}  // namespace gatefile::api
