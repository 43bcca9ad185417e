// SPDX-License-Identifier: Apache-2.0
//
// Which Gateways are this instance's, for those who remove what it said of routes.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/api/snapshot.hpp"
#include "gatefile/graph/build.hpp"
#include "gatefile/status/write.hpp"

namespace gatefile::agent {

/// What this instance serves of its controller's objects; others may have the rest. It must outlive
/// who uses it.
struct Scope {
    const graph::Selection& selection;
    const std::vector<std::string>& namespaces;  ///< --watch-namespace; empty: all

    bool watches(std::string_view ns) const;
    /// Whether every Gateway of a class that it serves is its own.
    bool has_whole_classes() const;
    /// Whether every Gateway of its controller is its own, as far as it sees them.
    bool has_every_gateway() const;
};

/// Gateways and ListenerSets that this agent has told something; they may be gone.
using Told = std::set<diag::ObjectRef>;

/// `before` with those of `graph`; the same where it has them all.
std::shared_ptr<const Told> with_told(std::shared_ptr<const Told> before,
                                      const graph::Graph& graph);

/// A Gateway in a namespace that is not watched is another instance's. One of another controller is
/// ours: nobody else with our controller's name can serve it. One that is not there any more was
/// ours if we serve every one of our controller, or if we have `told` it.
status::OwnsGateway ownership(std::shared_ptr<const api::Snapshot> snapshot,
                              Scope scope,
                              std::shared_ptr<const Told> told);

}  // namespace gatefile::agent
