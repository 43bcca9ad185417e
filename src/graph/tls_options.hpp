// SPDX-License-Identifier: Apache-2.0
//
// The keys of a listener's tls.options that we know, and their values.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gatefile/api/gateway.hpp"

namespace gatefile::graph {

inline constexpr std::string_view cert_resolver_option = "gatefile.dev/cert-resolver";

/// What is wrong with an option, as a clause; nothing when it can be honoured.
std::optional<std::string> option_fault(std::string_view key, std::string_view value);

/// What is wrong with options together: a minimum version above the maximum.
std::optional<std::string> options_fault(const api::StringMap& options);

}  // namespace gatefile::graph
