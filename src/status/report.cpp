// SPDX-License-Identifier: Apache-2.0
#include "gatefile/status/report.hpp"

#include <algorithm>

#include "faults.hpp"
#include "features.hpp"
#include "gateway.hpp"
#include "listener_set.hpp"
#include "policy.hpp"
#include "route.hpp"

namespace gatefile::status {

std::tuple<int, std::string_view, std::string_view, std::string_view>
place_of(const diag::ObjectRef& object) {
    const int rank = object.kind == "GatewayClass" ? 0 : object.kind == "Gateway" ? 1 : 2;
    return {rank, object.kind, object.ns, object.name};
}

Report report(const graph::Graph& graph,
              const diag::Diagnostics& diagnostics,
              const std::string& controller_name) {
    const Faults faults(diagnostics);
    Report report;
    report.objects.reserve(graph.classes.size() + graph.gateways.size() + graph.routes.size());
    const std::vector<std::string> features = supported_features(graph.capabilities);
    for (const graph::GatewayClass& gateway_class : graph.classes) {
        report.objects.push_back(class_status(gateway_class, features, faults));
    }
    for (const graph::Gateway& gateway : graph.gateways) {
        report.objects.push_back(gateway_status(gateway, faults));
    }
    for (const graph::ListenerSet& set : graph.listener_sets) {
        report.objects.push_back(listener_set_status(graph, set, faults));
    }
    for (const graph::BackendTlsPolicy& policy : graph.policies) {
        report.objects.push_back(policy_status(graph, policy, faults, controller_name));
    }
    const auto add = [&](const auto& routes) {
        for (const auto& route : routes)
            report.objects.push_back(route_status(route, faults, controller_name));
    };
    add(graph.routes);
    add(graph.tls_routes);
    add(graph.tcp_routes);
    add(graph.udp_routes);
    std::ranges::sort(report.objects.pointers(),
                      {},
                      [](const auto& status) { return place_of(status->object); });
    return report;
}

}  // namespace gatefile::status
