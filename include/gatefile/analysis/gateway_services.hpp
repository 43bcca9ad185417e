// SPDX-License-Identifier: Apache-2.0
//
// A Service for each Gateway (`--gateway-services`): what others find the Gateway by, with the
// labels and annotations of its infrastructure (GEP-1762), its ports led to the entry points of its
// slot. It has no selector, because Traefik's Pods are in another namespace: an EndpointSlice of
// ours says where Traefik is.
#pragma once

#include <string>
#include <vector>

#include "gatefile/api/objects.hpp"
#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/graph/graph.hpp"

namespace gatefile::analysis {

struct GatewayServiceSettings {
    std::string type = "ClusterIP";      ///< of the Services
    std::vector<std::string> addresses;  ///< IPs of Traefik; none: the slot's own, where it has one
    std::string instance;  ///< told apart by this: what another instance made is left alone
};

/// A request that makes the cluster agree with what is wanted.
struct ObjectWrite {
    diag::ObjectRef object;  ///< Service or EndpointSlice
    std::string body;        ///< to be applied, as JSON; empty: to be deleted
    auto operator<=>(const ObjectWrite&) const = default;
};

/// What has to be written, judged by the graph's snapshot; nothing when all agrees. A Service of
/// that name that is not ours is left alone. Sorted by namespace and name, Services first.
std::vector<ObjectWrite> plan_gateway_services(const graph::Graph& graph,
                                               const GatewayServiceSettings& settings);

/// Whether a Service or EndpointSlice was made by such an instance.
bool is_gateway_service(const api::Meta& meta, const std::string& instance);
/// The name of the Gateway that another instance made it for; null: none did.
const std::string* gateway_of_another(const api::Meta& meta, const std::string& instance);

}  // namespace gatefile::analysis
