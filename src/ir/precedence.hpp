// SPDX-License-Identifier: Apache-2.0
//
// Who goes first, as keys that sort: hostnames, and entries within one effective hostname
// (HTTPRouteRule.matches; HTTPRouteSpec.hostnames of v1.7.0 for the first key).
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "gatefile/base/time.hpp"
#include "gatefile/ir/ir.hpp"

namespace gatefile::ir {

/// Sorts the greater value first.
template <typename T>
struct Descending {
    T value{};
    auto operator<=>(const Descending& other) const { return other.value <=> value; }
    bool operator==(const Descending&) const = default;
};

enum class HostnameKind : std::uint8_t { Exact, Wildcard, Any };

/// More characters are more specific: of two wildcards that cover one host the longer one has more
/// labels. Hostnames that are equally specific cover different hosts.
struct Specificity {
    HostnameKind kind = HostnameKind::Any;
    Descending<std::size_t> length;
    auto operator<=>(const Specificity&) const = default;
};
Specificity specificity(std::string_view hostname);

/// Most specific first, then by text; a transparent comparison for maps of hostnames.
struct MostSpecificFirst {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const;
};

/// The spec leaves the place of regular expressions open; between Exact and Prefix is where users
/// of other implementations expect them. Of gRPC calls, the service goes before the method, and
/// patterns come last.
enum class PathRank : std::uint8_t {
    Exact,
    Regex,
    Prefix,
    CallRegex,
    CallMethod,  ///< of any service
    CallMethodRegex,
    Any,
};

/// Smaller goes first. Ages, namespaces and names of routes are folded into `route` (route_order).
struct Precedence {
    Specificity written;  ///< of the hostname as written in the route
    PathRank path_kind = PathRank::Exact;
    Descending<std::size_t> path_length;         ///< where a gRPC service is a pattern: its length
    Descending<std::size_t> call_method_length;  ///< besides a pattern, or of any service
    bool lacks_method = false;
    Descending<std::size_t> headers;
    Descending<std::size_t> query;
    std::size_t route = 0;
    std::size_t rule = 0;
    std::size_t match = 0;
    auto operator<=>(const Precedence&) const = default;
};
Precedence precedence(std::string_view written_hostname, const Match& match);

/// The older object first; one without a timestamp is not created yet and comes after those that
/// have one; then by namespace and name.
struct Seniority {
    bool lacks_timestamp = false;
    base::Timestamp created;
    std::string_view ns;
    std::string_view name;
    auto operator<=>(const Seniority&) const = default;
};
Seniority
seniority(std::optional<base::Timestamp> created, std::string_view ns, std::string_view name);

}  // namespace gatefile::ir
