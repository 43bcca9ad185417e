// SPDX-License-Identifier: Apache-2.0
//
// OpenAPI validation and the uniqueness of keyed lists, after normalise(); go-openapi's and
// apiextensions' words.
#pragma once

#include "compiled.hpp"
#include "faults.hpp"

namespace gatefile::api::schema {

/// The server words the same fault differently for its own kinds and for those of CRDs.
enum class Words : std::uint8_t { Crd, GoTypes };

/// Reports everything found in `value`, which is what stands at `at`.
void validate(
    const tree::Node& value, const SchemaNode& schema, Words words, const Link& at, Faults& faults);

}  // namespace gatefile::api::schema
