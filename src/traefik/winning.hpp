// SPDX-License-Identifier: Apache-2.0
//
// What `--coexist win` leaves to others: hosts that no route of ours has, and the challenges of
// ACME's HTTP-01, for which whoever obtains certificates makes an Ingress.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "gatefile/ir/ir.hpp"
#include "gatefile/traefik/dynamic.hpp"

namespace gatefile::traefik {

/// The routers from `first` on are a listener's. Each of its roots gets a twin that has the same
/// children, matches the same and ranks below all other providers' routers; the root itself is
/// restricted to the hosts of our routes, less those of narrower listeners of `config`, and keeps
/// off the challenges.
void leave_the_rest(std::vector<Router>& routers,
                    std::size_t first,
                    const ir::Config& config,
                    const ir::Listener& listener,
                    const std::function<std::int64_t()>& next_low_priority);

}  // namespace gatefile::traefik
