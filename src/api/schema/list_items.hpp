// SPDX-License-Identifier: Apache-2.0
//
// x-kubernetes-list-type: items of a set, or the keys of a map's items, occur once.
#pragma once

#include "compiled.hpp"
#include "faults.hpp"

namespace gatefile::api::schema {

void check_unique(std::span<const tree::Node> items,
                  const SchemaNode& schema,
                  const Link& at,
                  Faults& faults);

}  // namespace gatefile::api::schema
