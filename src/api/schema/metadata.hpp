// SPDX-License-Identifier: Apache-2.0
//
// metadata's own rules (k8s.io/apimachinery, api/validation/objectmeta.go): what types alone do not
// say.
#pragma once

#include "faults.hpp"
#include "gatefile/api/schema.hpp"

namespace gatefile::api::schema {

/// `object` has passed the type checks of ObjectMeta, or its faults have been reported.
void check_metadata(const tree::Node& object, const KnownKind& kind, Faults& faults);

/// A map of labels, wherever it stands.
void check_labels(const tree::Node& labels, const Link& at, Faults& faults);

}  // namespace gatefile::api::schema
