// SPDX-License-Identifier: Apache-2.0
//
// What an object other than a Secret holds in the clear and may be a secret is replaced, so that
// everything that is checked of the object stays as it was.
#pragma once

#include <string_view>

#include "gatefile/tree/node.hpp"

namespace gatefile::source {

/// Stands in place of every value that was taken out.
inline constexpr std::string_view redacted_value = "redacted";

/// A spec, or another field beside the metadata.
tree::Node without_secrets(const tree::Node& node, tree::Arena& arena);

}  // namespace gatefile::source
