// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatefile/graph/graph.hpp"
#include "metrics.hpp"

namespace gatefile::agent {

/// When the certificates in use end, as a metric.
void count_certificate_times(const graph::Graph& graph, Metrics& metrics);

}  // namespace gatefile::agent
