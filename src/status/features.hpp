// SPDX-License-Identifier: Apache-2.0
//
// What a GatewayClass says that it supports: sigs.k8s.io/gateway-api v1.7, pkg/features.
#pragma once

#include <string>
#include <vector>

#include "gatefile/graph/capabilities.hpp"

namespace gatefile::status {

/// Sorted. What is served only in approximation is not among them.
std::vector<std::string> supported_features(const graph::Capabilities& capabilities);

}  // namespace gatefile::status
