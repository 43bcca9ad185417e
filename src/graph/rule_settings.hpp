// SPDX-License-Identifier: Apache-2.0
//
// Timeouts, retries and session persistence of a rule.
#pragma once

#include "rule_place.hpp"

namespace gatefile::graph {

/// Whether all of them can be served; reports each that cannot.
bool check_settings(const Context& context, const RulePlace& place, const api::HttpRouteRule& rule);

}  // namespace gatefile::graph
