// SPDX-License-Identifier: Apache-2.0
//
// Rules of the IR as Traefik's services: load balancers for backends, shared where everything about
// them is equal, weights, mirrors, stickiness, transports; a rule's filters hang on its service.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "draft.hpp"

namespace gatefile::traefik {

/// Where a rule's routers lead.
struct Target {
    std::string service;
    /// The service answers as the rule says for GET and HEAD only (redirects in format `file`).
    bool get_only = false;
};

struct RenderedRules {
    std::vector<Target> targets;  ///< one per rule, in the order of Config::rules
    /// The middlewares in front of all routers of a listener, outermost first; in the order of
    /// Config::listeners.
    std::vector<std::vector<std::string>> listeners;
};

RenderedRules render_rules(Draft& draft);

}  // namespace gatefile::traefik
