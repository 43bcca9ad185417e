// SPDX-License-Identifier: Apache-2.0
//
// std::visit over our closed variants: one lambda per alternative, no default branch, so that a new
// alternative does not compile until every place handles it.
#pragma once

namespace gatefile::base {

template <typename... Handlers>
struct Overloaded : Handlers... {
    using Handlers::operator()...;
};

}  // namespace gatefile::base
