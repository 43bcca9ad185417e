// SPDX-License-Identifier: Apache-2.0
//
// The openAPIV3Schema of a CustomResourceDefinition, checked and cut down to what compile() knows.
#pragma once

#include <string>

#include "gatefile/base/result.hpp"
#include "gatefile/tree/node.hpp"

namespace gatefile::api::schema {

/// New nodes live in `arena`, the rest in that of `schema`. The Error (kind Usage) begins with
/// "source:line:column: ".
base::Result<tree::Node>
check_definition_schema(const tree::Node& schema, const std::string& source, tree::Arena& arena);

/// "source:line:column: what".
base::Error definition_fault(const std::string& source, tree::Position at, const std::string& what);

}  // namespace gatefile::api::schema
