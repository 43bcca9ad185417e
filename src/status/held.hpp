// SPDX-License-Identifier: Apache-2.0
//
// What an object's status says already, read from the API server's text as it is: any field may be
// missing or of another type. A missing field counts as its default.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "gatefile/status/report.hpp"

namespace gatefile::status {

std::string_view status_word(const Condition& condition);

/// The string under `key`, else `otherwise`.
std::string_view
text_of(const tree::Node& map, std::string_view key, std::string_view otherwise = "");
/// The integer under `key`, else `otherwise`.
std::int64_t number_of(const tree::Node& map, std::string_view key, std::int64_t otherwise = 0);
/// The items of a list; none of a null pointer or anything else.
std::span<const tree::Node> items_of(const tree::Node* list);
/// The item that has this name under `key`.
const tree::Node* find_item(const tree::Node* list, std::string_view key, std::string_view name);

/// Whether a held condition is of a type that we set, now or at other times.
bool is_set_by_us(const tree::Node& held, const std::vector<Condition>& wanted);

/// Whether it says the same. Conditions of other types than ours do not count, nor do the times.
bool says(const tree::Node* held_conditions, const std::vector<Condition>& wanted);
bool says(const tree::Node& held_status, const ObjectStatus& wanted);
bool says(const tree::Node& held_parent, const RouteParentStatus& wanted);

/// Whether something of what we set is held and not wanted any more.
bool has_leftovers(const tree::Node& held_status, const ObjectStatus& wanted);

/// `own_ns`: of the route, which is meant where a parentRef names none.
/// The API's words for a list of entries by controller, and for the one that an entry is for.
struct EntryWords {
    std::string_view list;       ///< "parents"
    std::string_view reference;  ///< "parentRef"
    std::size_t most = 0;        ///< CRD: maxItems of the list
};
EntryWords entry_words(std::string_view kind);

bool is_for(const tree::Node& held_parent,
            std::string_view reference,
            const api::ParentRef& ref,
            std::string_view own_ns);

}  // namespace gatefile::status
