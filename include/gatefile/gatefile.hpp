// SPDX-License-Identifier: Apache-2.0
//
// The library in one function. CLI, agent, tests, benches and fuzzers all call translate(), so none
// of them can drift.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "gatefile/api/snapshot.hpp"
#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/graph/build.hpp"
#include "gatefile/graph/graph.hpp"
#include "gatefile/ir/ir.hpp"
#include "gatefile/publish/file_set.hpp"
#include "gatefile/status/report.hpp"
#include "gatefile/traefik/dynamic.hpp"
#include "gatefile/traefik/encode.hpp"
#include "gatefile/traefik/render.hpp"
#include "gatefile/traefik/static_config.hpp"

namespace gatefile {

struct Settings {
    graph::BuildSettings build;
    traefik::StaticConfig static_config;
    traefik::SlotSettings slots;
    traefik::RenderSettings render;
    traefik::KeyPlacement keys;
    bool approximate = false;
    bool gateway_services = false;  ///< --gateway-services
    /// Whether Translation has ir and dynamic; without, their memory serves the next stage.
    bool keep_stages = true;
    /// files.pairs is wanted, too.
    std::optional<traefik::EmptyValues> pairs;
    /// The moment to judge certificates at; set it to have lint (analysis/lint.hpp) among the
    /// diagnostics.
    std::optional<base::Timestamp> now;
};

struct Translation {
    graph::Graph graph;
    ir::Config ir;             ///< empty without Settings::keep_stages
    traefik::Dynamic dynamic;  ///< the same
    /// As used: with the neighbours among the objects and the inner entry point.
    traefik::RenderSettings render;
    publish::FileSet files;
    status::Report report;
    /// Everything found, located and sorted; what was found while reading included.
    diag::Diagnostics diagnostics;
};

/// An Error only when the settings contradict each other (slots that name no entry point).
base::Result<Translation> translate(std::shared_ptr<const api::Snapshot> snapshot,
                                    const Settings& settings,
                                    diag::Diagnostics found_while_reading);

}  // namespace gatefile
