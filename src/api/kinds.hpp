// SPDX-License-Identifier: Apache-2.0
//
// One row per kind that is read: how it becomes a struct in the Snapshot. Which versions are served
// and what they look like is the schema's business.
#pragma once

#include <string_view>

#include "cursor.hpp"
#include "gatefile/api/snapshot.hpp"

namespace gatefile::api {

struct KindRow {
    std::string_view group;
    std::string_view kind;
    /// Adds the object to its vector; not when the cursor's report refuses it.
    void (*decode)(const Cursor& object, Meta meta, Snapshot& into);
};

/// Null for a kind that is not read.
const KindRow* find_row(std::string_view group, std::string_view kind);

/// The kind in whatever group it is read; null when it is in none.
const KindRow* find_row_by_kind(std::string_view kind);

}  // namespace gatefile::api
