// SPDX-License-Identifier: Apache-2.0
//
// What the server checks of Service, EndpointSlice, Secret and ConfigMap beyond types and ranges
// (k8s.io/kubernetes, pkg/apis/{core,discovery}/validation). README.md lists what is covered.
#pragma once

#include "faults.hpp"
#include "gatefile/api/schema.hpp"

namespace gatefile::api::schema {

/// `object` has nothing that blocks: fields have their types, required ones are there.
void check_core_rules(const tree::Node& object, const KnownKind& kind, Faults& faults);

}  // namespace gatefile::api::schema
