// SPDX-License-Identifier: Apache-2.0
//
// The objects of a cluster as they come and go, decoded once each. A snapshot of the present ones
// costs a pointer per object.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gatefile/api/snapshot.hpp"
#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/tree/node.hpp"

namespace gatefile::api {

/// In the order of for_each_kind().
using AnyObject = std::variant<std::shared_ptr<const GatewayClass>,
                               std::shared_ptr<const Gateway>,
                               std::shared_ptr<const ListenerSet>,
                               std::shared_ptr<const HttpRoute>,
                               std::shared_ptr<const GrpcRoute>,
                               std::shared_ptr<const TlsRoute>,
                               std::shared_ptr<const TcpRoute>,
                               std::shared_ptr<const UdpRoute>,
                               std::shared_ptr<const BackendTlsPolicy>,
                               std::shared_ptr<const ReferenceGrant>,
                               std::shared_ptr<const Namespace>,
                               std::shared_ptr<const Service>,
                               std::shared_ptr<const EndpointSlice>,
                               std::shared_ptr<const Secret>,
                               std::shared_ptr<const ConfigMap>,
                               std::shared_ptr<const ClusterTrustBundle>,
                               std::shared_ptr<const Middleware>,
                               std::shared_ptr<const TraefikService>>;

/// An object as an API server sent it: checked and defaulted there, so unknown fields are ignored.
/// Nothing, and diagnostics, when a field that is read has the wrong type or there is no name.
std::optional<AnyObject>
decode_object(std::string_view kind, const tree::Node& object, diag::Diagnostics& diagnostics);

const Meta& meta_of(const AnyObject& object);

class ObjectStore {
public:
    /// False when the object is there already and equal in all that is read.
    bool put(AnyObject object);
    /// False when there was none.
    bool remove(const diag::ObjectRef& object);
    /// Whether the API still has it (Meta::gone) is changed; false when nothing changes.
    bool mark_gone(const diag::ObjectRef& object, bool gone);
    /// Null when there is none.
    const Meta* find(const diag::ObjectRef& object) const;
    std::size_t count(std::string_view kind) const;
    std::vector<diag::ObjectRef> names(std::string_view kind) const;

    std::shared_ptr<const Snapshot> snapshot() const;

private:
    template <typename Object>
    using Map = std::map<std::pair<std::string, std::string>, std::shared_ptr<const Object>>;

    struct Maps {
        Map<GatewayClass> gateway_classes;
        Map<Gateway> gateways;
        Map<ListenerSet> listener_sets;
        Map<HttpRoute> http_routes;
        Map<GrpcRoute> grpc_routes;
        Map<TlsRoute> tls_routes;
        Map<TcpRoute> tcp_routes;
        Map<UdpRoute> udp_routes;
        Map<BackendTlsPolicy> backend_tls_policies;
        Map<ReferenceGrant> reference_grants;
        Map<Namespace> namespaces;
        Map<Service> services;
        Map<EndpointSlice> endpoint_slices;
        Map<Secret> secrets;
        Map<ConfigMap> config_maps;
        Map<ClusterTrustBundle> cluster_trust_bundles;
        Map<Middleware> middlewares;
        Map<TraefikService> traefik_services;
    };
    Maps maps_;
};

}  // namespace gatefile::api
