// SPDX-License-Identifier: Apache-2.0
//
// A kind's CEL rules, on an object that nothing blocks (Faults::blocked): apiextensions' order,
// budget and words.
#pragma once

#include "compiled.hpp"
#include "faults.hpp"

namespace gatefile::api::schema {

/// Rules that could not be compiled are warnings; they do not count as faults of the object.
void check_rules(const tree::Node& value, const SchemaNode& schema, const Link& at, Faults& faults);

}  // namespace gatefile::api::schema
