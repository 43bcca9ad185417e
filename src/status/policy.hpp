// SPDX-License-Identifier: Apache-2.0
//
// The status of a BackendTLSPolicy: an entry for each Gateway that uses it
// (PolicyStatus.ancestors).
#pragma once

#include <string>

#include "faults.hpp"
#include "gatefile/status/report.hpp"

namespace gatefile::status {

ObjectStatus policy_status(const graph::Graph& graph,
                           const graph::BackendTlsPolicy& policy,
                           const Faults& faults,
                           const std::string& controller_name);

}  // namespace gatefile::status
