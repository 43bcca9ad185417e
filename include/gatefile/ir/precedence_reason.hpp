// SPDX-License-Identifier: Apache-2.0
//
// Why one match of a route goes before another one on the same hostname (HTTPRouteRule.matches,
// GRPCRouteRule.matches): the keys by which lower() has sorted them, in words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "gatefile/graph/graph.hpp"

namespace gatefile::ir {

/// In the order in which they decide.
enum class Criterion : std::uint8_t {
    WrittenHostname,   ///< the hostname in the route is more specific
    PathKind,          ///< Exact, then RegularExpression, then PathPrefix
    PathLength,        ///< the path, or the gRPC service, has more characters
    CallMethodLength,  ///< the gRPC method has more characters
    Method,            ///< it asks for a method
    Headers,           ///< it asks for more headers
    QueryParams,       ///< it asks for more query parameters
    Age,               ///< the route is older
    Name,              ///< the route's namespace and name come first
    RuleOrder,         ///< the rule comes first in the route
    MatchOrder,        ///< the match comes first in the rule
};

/// A match in a route's place on a listener.
struct Contender {
    const graph::Route* route = nullptr;
    std::size_t rule = 0;           ///< in the route's rules
    std::size_t match = 0;          ///< in the rule's matches
    std::string_view written = "";  ///< the hostname as written in the route; empty: none
};

/// The first criterion in which two contenders differ.
Criterion decisive(const Contender& winner, const Contender& loser);

}  // namespace gatefile::ir
