// SPDX-License-Identifier: Apache-2.0
//
// One step of a client that follows redirects, as far as it can be told without a request.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "gatefile/ir/ir.hpp"

namespace gatefile::analysis {

/// A request that keeps what the first match wants of headers, query and method.
struct RedirectStep {
    bool tls = false;
    std::uint16_t port = 0;
    std::string host;
    std::string path;
    bool operator==(const RedirectStep&) const = default;
};

/// The URL, with its port where that is not the scheme's.
std::string text_of(const RedirectStep& step);

/// A RequestRedirect, or a Middleware with redirectScheme or redirectRegex.
bool is_redirect(const ir::Filter& filter);

/// What the first redirect of the rule makes of the request; nothing when none does, or when what
/// it makes cannot be told.
std::optional<RedirectStep> redirected(const ir::Rule& rule, const RedirectStep& from);

}  // namespace gatefile::analysis
