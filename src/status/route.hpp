// SPDX-License-Identifier: Apache-2.0
//
// Status of routes of all kinds: one entry per parentRef that names a Gateway of ours.
#pragma once

#include "faults.hpp"
#include "gatefile/status/report.hpp"

namespace gatefile::status {

ObjectStatus
route_status(const graph::Route& route, const Faults& faults, const std::string& controller_name);
ObjectStatus route_status(const graph::StreamRoute& route,
                          const Faults& faults,
                          const std::string& controller_name);

}  // namespace gatefile::status
