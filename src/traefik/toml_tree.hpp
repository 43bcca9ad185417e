// SPDX-License-Identifier: Apache-2.0
//
// TOML as the neutral document that YAML and JSON are read as.
#pragma once

#include <string_view>

#include "gatefile/base/result.hpp"
#include "gatefile/tree/node.hpp"

namespace gatefile::traefik {

/// A moment becomes its text. An Error (kind Usage) names the place that cannot be understood.
base::Result<tree::Document> read_toml(std::string_view bytes);

}  // namespace gatefile::traefik
