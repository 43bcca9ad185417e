// SPDX-License-Identifier: Apache-2.0
//
// Label selectors over Namespaces, some of which may not be in the input.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "context.hpp"

namespace gatefile::graph {

enum class Judgement : std::uint8_t {
    Yes,
    No,
    Unknown,  ///< it depends on labels of a Namespace that is not in the input
};

Judgement selects(const Context& context, const api::LabelSelector& selector, std::string_view ns);

/// Whether labels that are all known fulfil a requirement.
bool holds(const api::LabelSelector::Expression& expression, std::optional<std::string_view> value);

}  // namespace gatefile::graph
