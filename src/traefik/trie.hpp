// SPDX-License-Identifier: Apache-2.0
//
// Cutting a sorted list of keys into groups that a few literal prefixes tell apart, so that an
// index node can name its group without naming its members.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatefile::traefik {

/// A prefix of keys; `whole` ones stand for that key alone, not for what begins with it.
struct Prefix {
    std::string_view text;
    bool whole = false;
};

struct Group {
    std::vector<Prefix> prefixes;
    std::size_t first = 0;  ///< members are keys [first, last)
    std::size_t last = 0;
};

/// `keys` are sorted and unique, `weights` theirs. Each key is in exactly one group, and no key's
/// prefix is in another group than the key. Groups weigh about `target` or, where one key is
/// heavier, hold that key alone.
std::vector<Group> cut(std::span<const std::string_view> keys,
                       std::span<const std::size_t> weights,
                       std::size_t target);

}  // namespace gatefile::traefik
