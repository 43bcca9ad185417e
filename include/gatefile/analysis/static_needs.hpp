// SPDX-License-Identifier: Apache-2.0
//
// The static configuration that a set of Gateways needs of Traefik (`gatefile static`).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gatefile/api/snapshot.hpp"
#include "gatefile/graph/build.hpp"

namespace gatefile::analysis {

struct NeededPort {
    std::uint16_t port = 0;
    std::string protocol;                ///< "tcp" or "udp"
    std::vector<std::string> wanted_by;  ///< "Gateway ns/name listener l", sorted
};

/// The ports of all listeners of our Gateways, by port; whether they exist is the caller's
/// question.
std::vector<NeededPort> needed_ports(const api::Snapshot& snapshot,
                                     const graph::Selection& selection);

/// Whether a rule has a deadline over several tries, or asks for authorisation elsewhere, for which
/// Traefik needs an inner entry point.
bool needs_inner_entry_point(const api::Snapshot& snapshot);

}  // namespace gatefile::analysis
