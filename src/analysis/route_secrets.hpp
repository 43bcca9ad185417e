// SPDX-License-Identifier: Apache-2.0
//
// What the routes of ours need besides: the Secrets that their Middlewares name, the certificates
// of authorities that the BackendTLSPolicies of their backends name.
#pragma once

#include <set>

#include "gatefile/api/snapshot.hpp"
#include "gatefile/graph/build.hpp"

namespace gatefile::analysis {

void add_route_secrets(const api::Snapshot& snapshot,
                       const graph::Selection& selection,
                       std::set<diag::ObjectRef>& secrets);
void add_authorities(const api::Snapshot& snapshot,
                     const graph::Selection& selection,
                     std::set<diag::ObjectRef>& objects);

}  // namespace gatefile::analysis
