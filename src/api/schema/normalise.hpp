// SPDX-License-Identifier: Apache-2.0
//
// What the server does to an object while decoding it: unknown fields are faults and go, nulls go
// where null is no value, absent fields get their defaults, parents before children.
#pragma once

#include "compiled.hpp"
#include "faults.hpp"

namespace gatefile::api::schema {

/// The same node when nothing had to change; new maps and lists live in `arena`.
tree::Node
normalise(const tree::Node& object, const SchemaNode& schema, tree::Arena& arena, Faults& faults);

}  // namespace gatefile::api::schema
