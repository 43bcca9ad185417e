// SPDX-License-Identifier: Apache-2.0
//
// Snapshot to Graph. Everything found wrong goes to `diagnostics`; a fault never hides the next
// one.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gatefile/api/snapshot.hpp"
#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/graph/capabilities.hpp"
#include "gatefile/graph/graph.hpp"

namespace gatefile::graph {

/// Which objects are ours.
struct Selection {
    std::string controller_name = "gatefile.dev/gateway-controller";
    std::vector<std::string> gateway_classes;  ///< empty: every class of our controller
    api::LabelSelector gateway_selector;       ///< empty: every Gateway of these classes
    /// --namespace-label NS=K=V: labels of Namespaces that are not in the manifests.
    std::map<std::string, api::StringMap> namespace_labels;
};

enum class BackendMode : std::uint8_t { Auto, Endpoints, ClusterIp, NodePort, LoadBalancer, Dns };

/// How backends are reached (design.md §3.8).
struct BackendSettings {
    BackendMode mode = BackendMode::Auto;
    /// --backend-map NS/SERVICE[:PORT]=URL: http, https, h2c, tcp or udp; wins over every mode.
    std::map<std::string, std::string> map;
    bool external_names = false;  ///< --allow-external-name
    std::string cluster_domain = "cluster.local";
    /// Where NodePorts are reached (BackendMode::NodePort): IP addresses or DNS names.
    std::vector<std::string> node_addresses;
    /// Endpoints on loopback and link-local addresses are refused (always in cluster mode).
    bool refuse_local_endpoints = false;
};

/// What Gateways report as their addresses in place of those of their entry points, which stand
/// behind a load balancer or an address translation.
struct AddressSettings {
    std::vector<std::string> fixed;  ///< --status-address
    struct ServiceName {
        std::string ns;
        std::string name;
    };
    std::optional<ServiceName> service;  ///< --publish-service: the addresses that it has
};

struct BuildSettings {
    Selection selection;
    BackendSettings backends;
    AddressSettings addresses;
};

/// The Service that a Gateway gets with --gateway-services: a DNS-1035 label, injective but for the
/// hash that stands in for what is too long or has dots.
std::string gateway_service_name(const api::Gateway& gateway);

/// Whether a GatewayClass is of our controller and chosen.
bool is_selected(const Selection& selection, const api::GatewayClass& gateway_class);
/// Whether a Gateway is ours to serve: its class by controller and name, itself by its labels.
bool is_selected(const api::Snapshot& snapshot,
                 const Selection& selection,
                 const api::Gateway& gateway);

/// Whether the Gateway that the set names takes its listeners (Gateway.spec.allowedListeners).
bool allows(const api::Snapshot& snapshot,
            const Selection& selection,
            const api::Gateway& gateway,
            const api::ListenerSet& set);

Graph build(std::shared_ptr<const api::Snapshot> snapshot,
            const Capabilities& capabilities,
            const BuildSettings& settings,
            diag::Diagnostics& diagnostics);

}  // namespace gatefile::graph
