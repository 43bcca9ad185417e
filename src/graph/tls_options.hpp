// SPDX-License-Identifier: Apache-2.0
//
// The options for TLS that we know, of listeners (tls.options) and of BackendTLSPolicies
// (spec.options), and their values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gatefile/api/gateway.hpp"

namespace gatefile::graph {

inline constexpr std::string_view cert_resolver_option = "gatefile.dev/cert-resolver";

enum class OptionsOf : std::uint8_t { Listener, Backend };

/// What is wrong with an option, as a clause; nothing when it can be honoured.
std::optional<std::string>
option_fault(std::string_view key, std::string_view value, OptionsOf whose);

/// What is wrong with options together: a minimum version above the maximum.
std::optional<std::string> options_fault(const api::StringMap& options);

}  // namespace gatefile::graph
