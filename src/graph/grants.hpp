// SPDX-License-Identifier: Apache-2.0
//
// Which cross-namespace references ReferenceGrants permit. Keeps views into the grants.
#pragma once

#include <compare>
#include <string_view>
#include <vector>

#include "gatefile/api/gateway.hpp"
#include "gatefile/api/objects.hpp"

namespace gatefile::graph {

struct CrossReference {
    std::string_view from_kind;  ///< of the Gateway API group
    std::string_view from_ns;
    std::string_view to_group;
    std::string_view to_kind;
    std::string_view to_ns;
    std::string_view to_name;
};

class GrantIndex {
public:
    explicit GrantIndex(const api::Objects<api::ReferenceGrant>& grants);

    /// A reference within one namespace needs no grant.
    bool permits(const CrossReference& reference) const;

private:
    struct Entry {
        std::string_view to_ns;
        std::string_view from_ns;
        std::string_view from_group;
        std::string_view from_kind;
        std::string_view to_group;
        std::string_view to_kind;
        std::string_view to_name;  ///< empty: every object of the kind
        auto operator<=>(const Entry&) const = default;
    };
    std::vector<Entry> entries_;  // sorted
};

}  // namespace gatefile::graph
