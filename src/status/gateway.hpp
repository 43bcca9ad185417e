// SPDX-License-Identifier: Apache-2.0
//
// Status of GatewayClasses and Gateways.
#pragma once

#include "faults.hpp"
#include "gatefile/status/report.hpp"

namespace gatefile::status {

/// `features`: sorted.
ObjectStatus class_status(const graph::GatewayClass& gateway_class,
                          const std::vector<std::string>& features,
                          const Faults& faults);
ObjectStatus gateway_status(const graph::Gateway& gateway, const Faults& faults);

}  // namespace gatefile::status
