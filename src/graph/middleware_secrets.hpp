// SPDX-License-Identifier: Apache-2.0
//
// What is in Secrets on its way into the settings of a Middleware.
#pragma once

#include <optional>
#include <string>

#include "gatefile/api/core.hpp"
#include "gatefile/api/traefik_middleware.hpp"

namespace gatefile::graph {

/// Puts what the reference asks for into `settings`. If the proxy would not take it, says why, in
/// words without anything of the Secret's values.
std::optional<std::string>
put_secret(const api::Middleware::SecretRef& ref, const api::Secret& secret, tree::Value& settings);

/// Something in place of what a redacted Secret has lost.
void put_placeholders(const api::Middleware::SecretRef& ref, tree::Value& settings);

}  // namespace gatefile::graph
