// SPDX-License-Identifier: Apache-2.0
#include "kinds.hpp"

#include "decode.hpp"

namespace gatefile::api {

namespace {

template <auto Decode, auto Objects>
void decode_into(const Cursor& object, Meta meta, Snapshot& into) {
    auto decoded = Decode(object, std::move(meta));
    if (!object.refused()) (into.*Objects).push_back(std::move(decoded));
}

constexpr std::string_view gateway_group = "gateway.networking.k8s.io";

constexpr KindRow rows[] = {
    {gateway_group, "GatewayClass", decode_into<decode_gateway_class, &Snapshot::gateway_classes>},
    {gateway_group, "Gateway", decode_into<decode_gateway, &Snapshot::gateways>},
    {gateway_group, "ListenerSet", decode_into<decode_listener_set, &Snapshot::listener_sets>},
    {gateway_group, "HTTPRoute", decode_into<decode_http_route, &Snapshot::http_routes>},
    {gateway_group, "GRPCRoute", decode_into<decode_grpc_route, &Snapshot::grpc_routes>},
    {gateway_group, "TLSRoute", decode_into<decode_tls_route, &Snapshot::tls_routes>},
    {gateway_group, "TCPRoute", decode_into<decode_tcp_route, &Snapshot::tcp_routes>},
    {gateway_group, "UDPRoute", decode_into<decode_udp_route, &Snapshot::udp_routes>},
    {gateway_group,
     "BackendTLSPolicy",
     decode_into<decode_backend_tls_policy, &Snapshot::backend_tls_policies>},
    {gateway_group,
     "ReferenceGrant",
     decode_into<decode_reference_grant, &Snapshot::reference_grants>},
    {"", "Namespace", decode_into<decode_namespace, &Snapshot::namespaces>},
    {"", "Service", decode_into<decode_service, &Snapshot::services>},
    {"discovery.k8s.io",
     "EndpointSlice",
     decode_into<decode_endpoint_slice, &Snapshot::endpoint_slices>},
    {"", "Secret", decode_into<decode_secret, &Snapshot::secrets>},
    {"", "ConfigMap", decode_into<decode_config_map, &Snapshot::config_maps>},
    {"certificates.k8s.io",
     "ClusterTrustBundle",
     decode_into<decode_cluster_trust_bundle, &Snapshot::cluster_trust_bundles>},
    {traefik_group, "Middleware", decode_into<decode_middleware, &Snapshot::middlewares>},
    {traefik_group,
     "TraefikService",
     decode_into<decode_traefik_service, &Snapshot::traefik_services>},
};

}  // namespace

const KindRow* find_row(std::string_view group, std::string_view kind) {
    const KindRow* row = find_row_by_kind(kind);
    return row != nullptr && row->group == group ? row : nullptr;
}

const KindRow* find_row_by_kind(std::string_view kind) {
    for (const KindRow& row : rows) {
        if (row.kind == kind) return &row;
    }
    return nullptr;
}

}  // namespace gatefile::api
