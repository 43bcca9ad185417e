// SPDX-License-Identifier: Apache-2.0
//
// ListenerSets: which Gateways they add listeners to (GEP-1713).
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "context.hpp"

namespace gatefile::graph {

/// The sets of our Gateways. Appends the listeners of those that are allowed, as yet unjudged, in
/// the order of precedence: the older set first, then by namespace and name.
std::vector<ListenerSet> add_listener_sets(const Context& context, std::vector<Gateway>& gateways);

/// Fills in ListenerSet::accepted and Gateway::attached_listener_sets; listeners have been judged.
void accept_listener_sets(std::vector<ListenerSet>& sets, std::vector<Gateway>& gateways);

/// The index of a set or Gateway by its name; `items` are sorted by namespace and name.
template <typename Item>
std::optional<std::size_t>
find_by_name(const std::vector<Item>& items, std::string_view ns, std::string_view name) {
    const auto key = [](const Item& item) {
        return std::pair<std::string_view, std::string_view>(item.spec->meta.ns,
                                                             item.spec->meta.name);
    };
    const std::pair wanted(ns, name);
    const auto found = std::ranges::lower_bound(items, wanted, {}, key);
    if (found == items.end() || key(*found) != wanted) return std::nullopt;
    return static_cast<std::size_t>(found - items.begin());
}

}  // namespace gatefile::graph
