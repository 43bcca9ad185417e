// SPDX-License-Identifier: Apache-2.0
//
// The Ingress and IngressRoute objects of a cluster, read once.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gatefile/api/foreign.hpp"
#include "gatefile/base/result.hpp"
#include "gatefile/source/access.hpp"

namespace gatefile::source {

struct Foreign {
    std::vector<api::ForeignRoute> routes;  ///< sorted as in a Snapshot
    api::IngressClasses classes;
};

/// A kind that the API server does not have is empty; of one that it refuses `degraded` is told.
/// An Error when it does not answer.
base::Result<Foreign>
read_foreign(const AccessSettings& settings,
             const std::function<void(const std::string& resource, const std::string& problem)>&
                 degraded);

}  // namespace gatefile::source
