// SPDX-License-Identifier: Apache-2.0
//
// Label selectors over Namespaces, some of which may not be in the input.
#pragma once

#include <cstdint>
#include <string_view>

#include "context.hpp"

namespace gatefile::graph {

enum class Judgement : std::uint8_t {
    Yes,
    No,
    Unknown,  ///< it depends on labels of a Namespace that is not in the input
};

Judgement selects(const Context& context, const api::LabelSelector& selector, std::string_view ns);

}  // namespace gatefile::graph
