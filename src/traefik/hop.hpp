// SPDX-License-Identifier: Apache-2.0
//
// A deadline over all tries (design.md §3.5). Traefik's own deadlines are for each try, so the
// request goes once more through Traefik: a service that waits no longer than the deadline sends it
// to an inner entry point, and there a router that knows it by a mark retries.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "draft.hpp"

namespace gatefile::traefik {

/// What stands in front of the inner entry point; to be completed to a service.
struct Hop {
    std::string url;
    std::string mark;        ///< the middleware that marks the request: the last one to run
    std::string strip_mark;  ///< the middleware that takes it off: the first behind the hop
};

/// Adds the router from the inner entry point to the service `inner`. The graph let the rule
/// through, so that there is such an entry point.
Hop render_hop(Draft& draft, const std::string& owner, const std::string& inner);

}  // namespace gatefile::traefik
