// SPDX-License-Identifier: Apache-2.0
//
// Status of ListenerSets of our Gateways.
#pragma once

#include "faults.hpp"
#include "gatefile/status/report.hpp"

namespace gatefile::status {

ObjectStatus
listener_set_status(const graph::Graph& graph, const graph::ListenerSet& set, const Faults& faults);

}  // namespace gatefile::status
