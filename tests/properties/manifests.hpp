// SPDX-License-Identifier: Apache-2.0
//
// Generated objects as YAML, for plans that are `whole`.
#pragma once

#include <string>

#include "cluster.hpp"

namespace gatefile::properties {

std::string manifests(const Cluster& cluster);

}  // namespace gatefile::properties
