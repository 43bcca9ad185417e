// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "compiled.hpp"

namespace gatefile::api::schema {

namespace {

constexpr std::string_view gateway_api = "gateway.networking.k8s.io";
constexpr std::string_view gateway_api_x = "gateway.networking.x-k8s.io";

constexpr std::array<std::string_view, 1> v1 = {"v1"};
constexpr std::array<std::string_view, 1> v1alpha1 = {"v1alpha1"};
constexpr std::array<std::string_view, 2> v1_and_v1alpha3 = {"v1", "v1alpha3"};
/// The older ones in the experimental channel only.
constexpr std::array<std::string_view, 2> v1_and_v1alpha2 = {"v1", "v1alpha2"};
constexpr std::array<std::string_view, 3> v1_and_alphas = {"v1", "v1alpha3", "v1alpha2"};
constexpr std::array<std::string_view, 2> v1_and_v1beta1 = {"v1", "v1beta1"};
constexpr std::array<std::string_view, 2> v1beta1_and_v1alpha1 = {"v1beta1", "v1alpha1"};

/// Kinds that are read come first: find() keeps their schemas by their place here.
constexpr KnownKind kinds[] = {
    {gateway_api, "GatewayClass", false, true, v1_and_v1beta1},
    {gateway_api, "Gateway", true, true, v1_and_v1beta1},
    {gateway_api, "HTTPRoute", true, true, v1_and_v1beta1},
    {gateway_api, "ReferenceGrant", true, true, v1_and_v1beta1},
    {gateway_api, "ListenerSet", true, true, v1},
    {gateway_api, "GRPCRoute", true, true, v1},
    {gateway_api, "TLSRoute", true, true, v1_and_alphas},
    {gateway_api, "TCPRoute", true, true, v1_and_v1alpha2},
    {gateway_api, "UDPRoute", true, true, v1_and_v1alpha2},
    {gateway_api, "BackendTLSPolicy", true, true, v1_and_v1alpha3},
    {"", "Namespace", false, true, v1},
    {"", "Service", true, true, v1},
    {"", "Secret", true, true, v1},
    {"", "ConfigMap", true, true, v1},
    {"discovery.k8s.io", "EndpointSlice", true, true, v1},
    {"certificates.k8s.io", "ClusterTrustBundle", false, true, v1beta1_and_v1alpha1},
    {"traefik.io", "Middleware", true, true, v1alpha1},
    {"traefik.io", "TraefikService", true, true, v1alpha1},
    {gateway_api_x, "XBackend", true, false, {}},
    {gateway_api_x, "XBackendTrafficPolicy", true, false, {}},
    {gateway_api_x, "XMesh", false, false, {}},
    {gateway_api_x, "XTelemetryPolicy", true, false, {}},
    {"", "Endpoints", true, false, {}},
    {"", "Node", false, false, {}},
    {"", "Pod", true, false, {}},
    {"", "ServiceAccount", true, false, {}},
    {"apps", "DaemonSet", true, false, {}},
    {"apps", "Deployment", true, false, {}},
    {"apps", "StatefulSet", true, false, {}},
    {"networking.k8s.io", "Ingress", true, false, {}},
    {"networking.k8s.io", "IngressClass", false, false, {}},
};

}  // namespace

std::span<const KnownKind> known_kinds() {
    return kinds;
}

const KnownKind* find_kind(std::string_view group, std::string_view kind) {
    for (const KnownKind& each : kinds) {
        if (each.kind == kind && each.group == group) return &each;
    }
    return nullptr;
}

}  // namespace gatefile::api::schema
