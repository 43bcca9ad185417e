// SPDX-License-Identifier: Apache-2.0
//
// What is served as written and still is likely a mistake.
#pragma once

#include "gatefile/base/time.hpp"
#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/graph/graph.hpp"
#include "gatefile/ir/ir.hpp"

namespace gatefile::analysis {

struct LintSettings {
    base::Timestamp now;  ///< the moment to judge certificates at
    /// A certificate of the user's is shown where no name fits; else Traefik makes one.
    bool has_default_certificate = false;
};

/// `config` is what `graph` was lowered to. Costs a few ms for ten thousand rules.
void lint(const graph::Graph& graph,
          const ir::Config& config,
          const LintSettings& settings,
          diag::Diagnostics& diagnostics);

}  // namespace gatefile::analysis
