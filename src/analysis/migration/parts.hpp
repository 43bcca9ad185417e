// SPDX-License-Identifier: Apache-2.0
//
// The parts that a plan is put together of.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gatefile/analysis/migration.hpp"
#include "gatefile/api/foreign.hpp"

namespace gatefile::analysis::migration {

/// "name", "ns/name"
std::string text_of(const api::Meta& meta);

/// Steps away from Traefik's own Gateway API provider.
void add_gateway_steps(const graph::Graph& graph,
                       const MigrationSettings& settings,
                       MigrationPlan& plan);

/// What of a foreign route ours have already; one for each host and path, and one for the default
/// backend.
std::vector<MigrationPath> find_paths(const graph::Graph& graph,
                                      const api::ForeignRoute& route,
                                      const MigrationSettings& settings);

/// What changes for a foreign route when an HTTPRoute takes its place.
std::vector<std::string> differences(const graph::Graph& graph, const api::ForeignRoute& route);

}  // namespace gatefile::analysis::migration
