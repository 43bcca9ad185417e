// SPDX-License-Identifier: Apache-2.0
//
// The trees that parentRefs make of HTTP routers.
#pragma once

#include <string>
#include <vector>

#include "check/elements.hpp"

namespace gatefile::traefik::check {

/// Routers of the file provider that a router names as its parents.
std::vector<std::string> parents_of(const Element& router);

/// Parents that do not exist, circles, routers without an end, fields that only roots may have.
void check_router_tree(const Context& context);

}  // namespace gatefile::traefik::check
