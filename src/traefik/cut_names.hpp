// SPDX-License-Identifier: Apache-2.0
//
// Back from names that had to be cut (names.hpp): they are made again and compared.
#pragma once

#include <optional>
#include <string_view>

#include "gatefile/ir/ir.hpp"
#include "gatefile/traefik/dynamic.hpp"
#include "gatefile/traefik/origin.hpp"

namespace gatefile::traefik {

/// The rule whose router, service or middleware this is, or the object of an extension; of a name
/// that this translation does not have the one route whose names begin like it.
std::optional<NameOrigin>
origin_of_cut(std::string_view name, const ir::Config& config, const Dynamic& dynamic);

}  // namespace gatefile::traefik
