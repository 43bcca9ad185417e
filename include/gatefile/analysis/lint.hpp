// SPDX-License-Identifier: Apache-2.0
//
// What is served as written and still is likely a mistake.
#pragma once

#include "gatefile/base/time.hpp"
#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/graph/graph.hpp"
#include "gatefile/ir/ir.hpp"

namespace gatefile::analysis {

/// Grants that nothing uses, hostnames that no certificate of their listener covers, certificates
/// out of their time. `now` is the moment to judge validity at.
void lint(const graph::Graph& graph, base::Timestamp now, diag::Diagnostics& diagnostics);

}  // namespace gatefile::analysis
