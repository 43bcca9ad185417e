// SPDX-License-Identifier: Apache-2.0
//
// The Secrets that Middlewares name which routes of ours run.
#pragma once

#include <set>

#include "gatefile/api/snapshot.hpp"
#include "gatefile/graph/build.hpp"

namespace gatefile::analysis {

void add_route_secrets(const api::Snapshot& snapshot,
                       const graph::Selection& selection,
                       std::set<diag::ObjectRef>& secrets);

}  // namespace gatefile::analysis
