// SPDX-License-Identifier: Apache-2.0
//
// Every reference that crosses a namespace, of all objects in a snapshot, ours or not.
#pragma once

#include <string_view>
#include <vector>

#include "gatefile/api/snapshot.hpp"

namespace gatefile::analysis {

/// Views into the snapshot.
struct Reference {
    std::string_view from_group, from_kind, from_ns;
    std::string_view to_group, to_kind, to_ns, to_name;
};

std::vector<Reference> cross_namespace_references(const api::Snapshot& snapshot);

bool permits(const api::ReferenceGrant& grant, const Reference& reference);

}  // namespace gatefile::analysis
