// SPDX-License-Identifier: Apache-2.0
//
// The capability table: what each format of each Traefik version can express, and why not.
#pragma once

#include <span>
#include <string_view>

#include "gatefile/graph/capabilities.hpp"
#include "gatefile/traefik/static_config.hpp"

namespace gatefile::traefik {

struct AbilityRow {
    graph::Ability ability;
    std::string_view feature;  ///< as users know it: "HTTPRoute RequestHeaderModifier add"
    graph::Answer file;
    graph::Answer plugin;
};

/// One row per ability, in the enum's order.
std::span<const AbilityRow> ability_table();

/// Slots are filled in by the caller.
graph::Capabilities capabilities(Format format, const StaticConfig& config);

}  // namespace gatefile::traefik
