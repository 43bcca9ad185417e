// SPDX-License-Identifier: Apache-2.0
//
// Which Gateways are this instance's, for those who remove what it said of routes.
#pragma once

#include <memory>

#include "gatefile/api/snapshot.hpp"
#include "gatefile/graph/build.hpp"
#include "gatefile/status/write.hpp"

namespace gatefile::agent {

/// `selection` must outlive what is returned. A Gateway that is not there any more was ours if we
/// serve every one of our controller.
status::OwnsGateway ownership(std::shared_ptr<const api::Snapshot> snapshot,
                              const graph::Selection& selection);

}  // namespace gatefile::agent
