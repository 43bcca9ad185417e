// SPDX-License-Identifier: Apache-2.0
//
// A node and all below it as events, in the order of a text and without recursion.
#pragma once

#include <cstddef>
#include <vector>

#include "gatefile/tree/node.hpp"

namespace gatefile::tree {

/// Calls on `out`: scalar(node), begin(node) and end(node) for lists and maps, key(text).
template <typename Output>
void walk(const Node& root, Output& out) {
    struct Step {
        const Node* node = nullptr;
        std::size_t next = 0;
    };
    std::vector<Step> open;
    const auto enter = [&](const Node& node) {
        if (!node.is_list() && !node.is_map()) return out.scalar(node);
        out.begin(node);
        open.push_back({&node});
    };
    enter(root);
    while (!open.empty()) {
        Step& step = open.back();
        const Node& node = *step.node;
        const std::size_t size = node.is_map() ? node.entries().size() : node.items().size();
        if (step.next == size) {
            out.end(node);
            open.pop_back();
            continue;
        }
        const std::size_t at = step.next++;
        if (node.is_map()) {
            out.key(node.entries()[at].key);
            enter(node.entries()[at].value);
        } else {
            enter(node.items()[at]);
        }
    }
}

}  // namespace gatefile::tree
