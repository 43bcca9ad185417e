// SPDX-License-Identifier: Apache-2.0
//
// Whether the filters of a rule or of a backendRef can be served.
#pragma once

#include <vector>

#include "backends.hpp"
#include "rule_place.hpp"

namespace gatefile::graph {

struct CheckedFilters {
    std::vector<Filter> filters;
    bool refused = false;     ///< one cannot be served as written
    bool unresolved = false;  ///< one refers to what is not known; it must not be skipped either
};

CheckedFilters check_filters(const Context& context,
                             const RulePlace& place,
                             const std::vector<api::HttpFilter>& filters,
                             BackendResolver& backends);

}  // namespace gatefile::graph
