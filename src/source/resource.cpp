// SPDX-License-Identifier: Apache-2.0
#include "resource.hpp"

#include <array>

#include "gatefile/base/result.hpp"

namespace gatefile::source {

namespace {

constexpr std::string_view gateway_group = "gateway.networking.k8s.io";
constexpr std::array<std::string_view, 1> v1{"v1"};
constexpr std::array<std::string_view, 1> v1alpha1{"v1alpha1"};
constexpr std::array<std::string_view, 2> v1_or_beta{"v1", "v1beta1"};

constexpr Resource all[] = {
    {"GatewayClass", gateway_group, v1_or_beta, "gatewayclasses", false, true, true, false},
    {"Gateway", gateway_group, v1_or_beta, "gateways", true, true, true, false},
    {"ListenerSet", gateway_group, v1, "listenersets", true, true, true, false},
    {"HTTPRoute", gateway_group, v1_or_beta, "httproutes", true, true, true, false},
    {"GRPCRoute", gateway_group, v1, "grpcroutes", true, true, true, false},
    {"TLSRoute", gateway_group, v1, "tlsroutes", true, true, true, false},
    {"TCPRoute", gateway_group, v1, "tcproutes", true, true, true, false},
    {"UDPRoute", gateway_group, v1, "udproutes", true, true, true, false},
    {"BackendTLSPolicy", gateway_group, v1, "backendtlspolicies", true, true, true, false},
    {"ReferenceGrant", gateway_group, v1_or_beta, "referencegrants", true, true, false, false},
    {"Namespace", "", v1, "namespaces", false, false, false, false},
    {"Service", "", v1, "services", true, false, false, false},
    {"EndpointSlice", "discovery.k8s.io", v1, "endpointslices", true, false, false, false},
    {"Secret", "", v1, "secrets", true, false, false, true},
    {"ConfigMap", "", v1, "configmaps", true, false, false, true},
    {"ClusterTrustBundle",
     "certificates.k8s.io",
     v1_or_beta,
     "clustertrustbundles",
     false,
     false,
     false,
     true},
    {"Middleware", "traefik.io", v1alpha1, "middlewares", true, true, false, false},
    {"TraefikService", "traefik.io", v1alpha1, "traefikservices", true, true, false, false},
};

}  // namespace

std::span<const Resource> resources() {
    return all;
}

const Resource& resource_of(std::string_view kind) {
    for (const Resource& resource : all) {
        if (resource.kind == kind) return resource;
    }
    GATEFILE_CHECK(!"a kind that is read");
    return all[0];
}

std::string path_of(const Resource& resource,
                    std::string_view version,
                    std::string_view ns,
                    std::string_view name) {
    std::string path =
        resource.group.empty() ? "/api/" : "/apis/" + std::string(resource.group) + "/";
    path += version;
    if (!ns.empty()) {
        path += "/namespaces/";
        path += ns;
    }
    path += "/";
    path += resource.plural;
    if (!name.empty()) {
        path += "/";
        path += name;
    }
    return path;
}

}  // namespace gatefile::source
