// SPDX-License-Identifier: Apache-2.0
//
// Splitting a sorted list of keys into groups that short predicates on a prefix tell apart, to be
// tried one after the other: a later predicate may be wider than what earlier ones have left to it.
// Each group takes about its share whatever the keys look like, so the depth of an index that
// splits again and again is logarithmic for hostile keys too.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatefile::traefik {

/// Keys that begin with `stem` and one of `next`.
struct Group {
    std::string_view stem;
    std::string next;  ///< sorted; empty: whatever is left
    /// The end of the key, too: `stem` without its terminator is one of the keys.
    bool ends = false;
    std::vector<std::size_t> members;  ///< indices of keys, sorted
};

/// `keys` are sorted and unique, each ends in the same terminator, which their comparison counts.
/// Gives at most `groups` groups that together have every key once; the last one may be for
/// whatever is left. Only bytes for which `may_share` holds stand in `next` beside others.
std::vector<Group>
split(std::span<const std::string_view> keys, std::size_t groups, bool (*may_share)(char));

/// How many groups a list of `items` is best split into, and again, until `bucket` are left.
std::size_t fan_out(std::size_t items, std::size_t bucket);

/// A group's predicate as a regular expression behind "^" and the quoted `prefix`.
std::string group_pattern(std::string_view prefix, const Group& group);

}  // namespace gatefile::traefik
