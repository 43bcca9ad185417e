// SPDX-License-Identifier: Apache-2.0
//
// Back from a name in Traefik's API, logs or metrics to what it was made from.
#pragma once

#include <optional>
#include <string_view>

#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/ir/ir.hpp"
#include "gatefile/traefik/dynamic.hpp"

namespace gatefile::traefik {

struct NameOrigin {
    diag::ObjectRef object;
    std::optional<std::size_t> rule;  ///< of a route
};

/// Of a router, service or middleware of ours, without "@provider". Nothing for what belongs to no single
/// object (index nodes) and for names that had to be cut inside the object's name.
std::optional<NameOrigin> origin_of(std::string_view name);

/// Also of names that were cut, if a translation has them: its rule; else the one route whose names
/// begin like it.
std::optional<NameOrigin>
origin_of(std::string_view name, const ir::Config& config, const Dynamic& dynamic);

}  // namespace gatefile::traefik
