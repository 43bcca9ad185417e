// SPDX-License-Identifier: Apache-2.0
//
// What is served while nothing is published (a pause, a rollback), beside what would be: how the
// two differ for whom, and what of it goes on by itself, the addresses of Pods.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "certificate_times.hpp"
#include "gatefile/graph/graph.hpp"
#include "gatefile/publish/file_set.hpp"
#include "gatefile/status/report.hpp"
#include "gatefile/traefik/static_config.hpp"

namespace gatefile::agent {

/// Whose part of the output is another one than is wanted.
struct Differing {
    bool all = false;  ///< something that no single object has
    std::set<diag::ObjectRef> objects;  ///< routes, Gateways and ListenerSets

    bool none() const { return !all && objects.empty(); }
};

struct HeldOutput {
    /// What is served with the servers of now, where that is not what it has.
    std::optional<publish::FileSet> refreshed;
    std::vector<std::string> stale;  ///< services whose servers nobody knows any more
    Differing differing;
    std::vector<CertificateTime> certificates;  ///< of what is served
};

/// An Error when what is served cannot be read.
base::Result<HeldOutput> compare_held(const publish::FileSet& held,
                                      const publish::FileSet& wanted,
                                      traefik::Format format,
                                      const graph::Graph& graph);

/// The Gateways and ListenerSets behind it. A route that no report knows may have any.
Differing gateways_of(const Differing& differing,
                      const std::vector<const status::Report*>& reports);

}  // namespace gatefile::agent
