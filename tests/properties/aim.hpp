// SPDX-License-Identifier: Apache-2.0
//
// What requests are made from, before they are spelled.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "words.hpp"

namespace gatefile::properties {

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct Aim {
    Port port = ports[0];
    std::string host;
    std::string path;
    std::string method;
    Pairs headers;
    Pairs query;
};

/// A host that the hostname covers, spelled in one of the ways that count for the same.
std::string host_for(Random& random, const ClusterPlan& plan, std::string host);
/// Null when there is none.
const api::Listener* find_listener(const Cluster& cluster, const api::ParentRef& parent);
Port port_of(const api::Listener& listener);
/// What headers or query parameters would have to be.
Pairs wanted_values(Random& random, const std::vector<api::ValueMatch>& matches);

/// Turns an aim to a hostname of the route on one of its listeners.
void aim_at_route(Random& random,
                  const ClusterPlan& plan,
                  const Cluster& cluster,
                  const api::Route& route,
                  Aim& aim);
/// At a GRPCRoute's match, or at a name that a TLSRoute has; false: there is none.
bool aim_at_call(Random& random, const ClusterPlan& plan, const Cluster& cluster, Aim& aim);
bool aim_at_stream(Random& random, const ClusterPlan& plan, const Cluster& cluster, Aim& aim);

}  // namespace gatefile::properties
