// SPDX-License-Identifier: Apache-2.0
//
// Hostnames of listeners and routes: lower case, "*.x" covers any number of labels but never the
// apex, empty means any. HTTPRouteSpec.hostnames has the rules.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/graph/graph.hpp"

namespace gatefile::graph {

/// Whether every name that `narrow` covers is covered by `wide` too.
bool hostname_within(std::string_view narrow, std::string_view wide);

/// What a route has on a listener; empty when nothing is left. Of several hostnames that come to
/// the same, the most specific one as written is kept: it decides precedence (v1.7.0).
std::vector<EffectiveHostname> effective_hostnames(std::string_view listener,
                                                   std::span<const std::string> route);

}  // namespace gatefile::graph
