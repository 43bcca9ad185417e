// SPDX-License-Identifier: Apache-2.0
#include "grants.hpp"

#include <algorithm>

#include "context.hpp"

namespace gatefile::graph {

GrantIndex::GrantIndex(const api::Objects<api::ReferenceGrant>& grants) {
    for (const api::ReferenceGrant& grant : grants) {
        for (const api::ReferenceGrant::From& from : grant.from) {
            for (const api::ReferenceGrant::To& to : grant.to) {
                // No object has an empty name; here it would stand for all of them.
                if (to.name && to.name->empty()) continue;
                entries_.push_back({grant.meta.ns,
                                    from.ns,
                                    from.group,
                                    from.kind,
                                    to.group,
                                    to.kind,
                                    to.name ? std::string_view(*to.name) : std::string_view()});
            }
        }
    }
    std::sort(entries_.begin(), entries_.end());
}

bool GrantIndex::permits(const CrossReference& reference) const {
    if (reference.from_ns == reference.to_ns) return true;
    Entry wanted{reference.to_ns,
                 reference.from_ns,
                 gateway_api_group,
                 reference.from_kind,
                 reference.to_group,
                 reference.to_kind,
                 {}};
    if (std::binary_search(entries_.begin(), entries_.end(), wanted)) return true;
    wanted.to_name = reference.to_name;
    return std::binary_search(entries_.begin(), entries_.end(), wanted);
}

}  // namespace gatefile::graph
