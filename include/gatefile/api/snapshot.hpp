// SPDX-License-Identifier: Apache-2.0
//
// All objects of one moment, typed, sorted by namespace and name within a kind, immutable once
// built. Sources make it through SnapshotBuilder; nothing changes it afterwards.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/api/core.hpp"
#include "gatefile/api/foreign.hpp"
#include "gatefile/api/gateway.hpp"
#include "gatefile/api/grpc_route.hpp"
#include "gatefile/api/http_route.hpp"
#include "gatefile/api/objects.hpp"
#include "gatefile/api/policy.hpp"
#include "gatefile/api/route.hpp"
#include "gatefile/api/traefik_middleware.hpp"
#include "gatefile/api/traefik_service.hpp"
#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/tree/node.hpp"

namespace gatefile::api {

namespace schema {
class Definitions;
}

/// The text that an object came from; `object` lives in `document.arena`.
struct Origin {
    tree::Document document;
    tree::Node object;
};

/// What was read whole, so that what is not here does not exist.
struct Extent {
    std::string kind;
    std::string ns;  ///< empty: every namespace
    auto operator<=>(const Extent&) const = default;
};

class Snapshot;
struct Home;

/// A cluster beside the one whose Gateways are served.
struct MemberCluster {
    std::string name;
    int weight = 1;  ///< beside the other clusters; 0: only while these have nothing ready
    std::shared_ptr<const Snapshot> objects;  ///< Services and EndpointSlices
    bool is_lost = false;  ///< its API server does not answer, so this is what it was before
    bool is_read = true;   ///< false: nothing is known of it, which is not that it has nothing
};

class Snapshot {
public:
    Snapshot() = default;
    Snapshot(const Snapshot&) = delete;  // the indices point into the vectors
    Snapshot& operator=(const Snapshot&) = delete;

    Objects<GatewayClass> gateway_classes;
    Objects<Gateway> gateways;
    Objects<ListenerSet> listener_sets;
    Objects<HttpRoute> http_routes;
    Objects<GrpcRoute> grpc_routes;
    Objects<TlsRoute> tls_routes;
    Objects<TcpRoute> tcp_routes;
    Objects<UdpRoute> udp_routes;
    Objects<BackendTlsPolicy> backend_tls_policies;
    Objects<ReferenceGrant> reference_grants;
    Objects<Namespace> namespaces;
    Objects<Service> services;
    Objects<EndpointSlice> endpoint_slices;
    Objects<Secret> secrets;
    Objects<ConfigMap> config_maps;
    Objects<ClusterTrustBundle> cluster_trust_bundles;
    Objects<Middleware> middlewares;
    Objects<TraefikService> traefik_services;
    std::vector<Origin> origins;  ///< of objects from texts; see Meta::origin
    /// Origins from here on are of context: objects that count and are not told about.
    std::size_t first_context_origin = static_cast<std::size_t>(-1);
    std::vector<Extent> complete;       ///< sorted
    std::vector<ForeignRoute> foreign;  ///< sorted by kind, namespace and name
    IngressClasses ingress_classes;
    bool from_cluster = false;     ///< complete as far as it goes: what is not here does not exist
    std::string cluster;     ///< what this one is called beside others; empty: it stands alone
    int cluster_weight = 1;  ///< as MemberCluster::weight
    bool cluster_is_lost = false;  ///< as MemberCluster::is_lost
    /// Their Services stand beside those of the same names here.
    std::vector<MemberCluster> members;

    const GatewayClass* find_gateway_class(std::string_view name) const;
    const Gateway* find_gateway(std::string_view ns, std::string_view name) const;
    const ListenerSet* find_listener_set(std::string_view ns, std::string_view name) const;
    const Namespace* find_namespace(std::string_view name) const;
    const Service* find_service(std::string_view ns, std::string_view name) const;
    const Secret* find_secret(std::string_view ns, std::string_view name) const;
    const ConfigMap* find_config_map(std::string_view ns, std::string_view name) const;
    const ClusterTrustBundle* find_cluster_trust_bundle(std::string_view name) const;
    const Middleware* find_middleware(std::string_view ns, std::string_view name) const;
    const TraefikService* find_traefik_service(std::string_view ns, std::string_view name) const;
    /// The slices of a Service, in order of their names.
    std::span<const EndpointSlice* const> slices_of(std::string_view ns,
                                                    std::string_view service) const;
    /// Any object, by the API's word for its kind.
    const Meta* find_meta(const diag::ObjectRef& object) const;

private:
    friend class SnapshotBuilder;
    friend class ObjectStore;
    friend std::shared_ptr<const Snapshot> join(const Snapshot& home, Home as);
    friend std::shared_ptr<const Snapshot>
    with_secrets(const Snapshot& from, const std::vector<std::shared_ptr<const Secret>>& secrets);
    struct SliceKey {
        std::string_view ns, service;
        auto operator<=>(const SliceKey&) const = default;
    };
    void index();

    /// By (namespace, Service name, slice name); points into endpoint_slices.
    std::vector<const EndpointSlice*> slices_by_service_;
    std::vector<SliceKey> slice_keys_;  ///< of the slices at the same places
};

/// What the cluster with the Gateways is among others.
struct Home {
    std::string name;
    int weight = 1;                      ///< as MemberCluster::weight
    std::vector<MemberCluster> members;  ///< those beside it
    bool is_lost = false;                ///< as MemberCluster::is_lost
};

/// The objects of `home`, with the members beside them. Of these nothing counts but Services and
/// EndpointSlices.
std::shared_ptr<const Snapshot> join(const Snapshot& home, Home as);

/// The objects of `from`, with these in place of Secrets of their names.
std::shared_ptr<const Snapshot>
with_secrets(const Snapshot& from, const std::vector<std::shared_ptr<const Secret>>& secrets);

/// Calls `visit(kind, objects)` for the vector of each kind.
template <typename AnySnapshot, typename Visit>
void for_each_kind(AnySnapshot& snapshot, const Visit& visit) {
    visit(std::string_view("GatewayClass"), snapshot.gateway_classes);
    visit(std::string_view("Gateway"), snapshot.gateways);
    visit(std::string_view("ListenerSet"), snapshot.listener_sets);
    visit(std::string_view("HTTPRoute"), snapshot.http_routes);
    visit(std::string_view("GRPCRoute"), snapshot.grpc_routes);
    visit(std::string_view("TLSRoute"), snapshot.tls_routes);
    visit(std::string_view("TCPRoute"), snapshot.tcp_routes);
    visit(std::string_view("UDPRoute"), snapshot.udp_routes);
    visit(std::string_view("BackendTLSPolicy"), snapshot.backend_tls_policies);
    visit(std::string_view("ReferenceGrant"), snapshot.reference_grants);
    visit(std::string_view("Namespace"), snapshot.namespaces);
    visit(std::string_view("Service"), snapshot.services);
    visit(std::string_view("EndpointSlice"), snapshot.endpoint_slices);
    visit(std::string_view("Secret"), snapshot.secrets);
    visit(std::string_view("ConfigMap"), snapshot.config_maps);
    visit(std::string_view("ClusterTrustBundle"), snapshot.cluster_trust_bundles);
    visit(std::string_view("Middleware"), snapshot.middlewares);
    visit(std::string_view("TraefikService"), snapshot.traefik_services);
}

/// How objects are taken in.
struct ReadOptions {
    std::string default_namespace = "default";       ///< for namespaced objects that name none
    std::optional<std::string> requested_namespace;  ///< -n: warn when an object contradicts it
    /// False for objects from an API server, which has checked and defaulted them already;
    /// unknown fields are then ignored.
    bool validate = true;
    /// In place of the schemas of our own, for the kinds that it has (--crds).
    std::shared_ptr<const schema::Definitions> definitions;
};

class SnapshotBuilder {
public:
    explicit SnapshotBuilder(ReadOptions options);
    ~SnapshotBuilder();
    SnapshotBuilder(const SnapshotBuilder&) = delete;
    SnapshotBuilder& operator=(const SnapshotBuilder&) = delete;

    /// Takes one document: an object, or a List whose items are taken one by one. Checks, defaults
    /// and decodes; what cannot be taken becomes diagnostics (positions set) and is left out.
    void add(const tree::Document& document, diag::Diagnostics& diagnostics);

    /// What is added from now on is context: its objects are taken where none of the same name was,
    /// as leniently as those of an API server, and give the ones that were their time of creation.
    void begin_context();

    /// Whether such an object was taken.
    bool has(const diag::ObjectRef& object) const;

    /// Sorts, indexes, hands over; the builder is empty afterwards.
    std::shared_ptr<const Snapshot> finish();

private:
    struct State;
    class Intake;
    std::unique_ptr<State> state_;
};

/// Where a diagnostic's path is in the text of its object: the value when that is a scalar, else
/// the key (an unknown field: always the key); the nearest existing ancestor when the path does not
/// exist or has no place. Nothing without a source text.
std::optional<diag::SourcePosition> position_of(const Origin& origin,
                                                const diag::Diagnostic& diagnostic);

/// Fills in `at` of every diagnostic that has none and names an object of the snapshot.
void locate(const Snapshot& snapshot, diag::Diagnostics& diagnostics);

/// Drops what is said about objects of context.
void drop_context(const Snapshot& snapshot, diag::Diagnostics& diagnostics);

}  // namespace gatefile::api
