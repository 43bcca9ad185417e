// SPDX-License-Identifier: Apache-2.0
#include "features.hpp"

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace gatefile::status {
namespace {

using graph::Ability;
using graph::Capabilities;

/// Whatever the output format and the entry points are.
constexpr std::string_view always[] = {
    "BackendTLSPolicy",
    "ClusterTrustBundle",
    "Gateway",
    "GatewayBackendClientCertificate",
    "GatewayFrontendClientCertificateValidation",
    "GatewayFrontendClientCertificateValidationInsecureFallback",
    "GatewayHTTPListenerIsolation",
    "GatewayRouteHostnameIntersectionPrecedence",
    "GRPCRoute",
    "GRPCRouteNamedRouteRule",
    "HTTPRoute",
    "HTTPRouteDestinationPortMatching",
    "HTTPRouteMethodMatching",
    "HTTPRouteNamedRouteRule",
    "HTTPRouteParentRefPort",
    "HTTPRouteQueryParamMatching",
    "ListenerSet",
    "ReferenceGrant",
    "TCPRoute",
    "TLSRoute",
    "TLSRouteModeMixed",
    "TLSRouteModeTerminate",
    "UDPRoute",
};

struct Feature {
    std::string_view name;
    std::initializer_list<Ability> needs;
};

/// What the tests of a feature do, not its name alone: those of mirrors and rewrites append
/// headers.
const Feature features[] = {
    {"BackendTLSPolicySANValidation",
     {Ability::BackendTlsOtherName, Ability::BackendTlsSeveralNames}},
    {"GatewayListenerFilters", {Ability::ListenerFilters, Ability::ExternalAuth}},
    {"GRPCRouteRequestHeaderModifier",
     {Ability::RequestHeaderSet, Ability::RequestHeaderAdd, Ability::RequestHeaderRemove}},
    {"HTTPRoute303RedirectStatusCode", {Ability::Redirect303}},
    {"HTTPRoute307RedirectStatusCode", {Ability::Redirect307}},
    {"HTTPRoute308RedirectStatusCode", {Ability::Redirect308}},
    {"HTTPRouteBackendProtocolH2C", {Ability::AppProtocolH2c}},
    {"HTTPRouteBackendProtocolWebSocket", {Ability::AppProtocolWs}},
    {"HTTPRouteBackendRequestHeaderModification",
     {Ability::BackendRequestHeaderModifier,
      Ability::RequestHeaderSet,
      Ability::RequestHeaderAdd,
      Ability::RequestHeaderRemove}},
    {"HTTPRouteBackendTimeout", {Ability::BackendTimeout}},
    {"HTTPRouteBackendURLRewrite", {Ability::BackendUrlRewrite}},
    {"HTTPRouteCORS", {Ability::Cors}},
    {"HTTPRouteHostRewrite", {Ability::RewriteHostname, Ability::RequestHeaderAdd}},
    {"HTTPRoutePathRedirect", {Ability::RedirectPath}},
    {"HTTPRoutePathRewrite",
     {Ability::RewriteFullPath, Ability::RewritePrefix, Ability::RequestHeaderAdd}},
    {"HTTPRoutePortRedirect", {Ability::Redirect302}},
    {"HTTPRouteRequestMirror", {Ability::Mirror, Ability::RequestHeaderAdd}},
    {"HTTPRouteRequestMultipleMirrors", {Ability::Mirror, Ability::RequestHeaderAdd}},
    {"HTTPRouteRequestPercentageMirror", {Ability::Mirror, Ability::RequestHeaderAdd}},
    {"HTTPRouteRequestTimeout", {Ability::RequestTimeout}},
    {"HTTPRouteResponseHeaderModification",
     {Ability::ResponseHeaderSet, Ability::ResponseHeaderAdd, Ability::ResponseHeaderRemove}},
    {"HTTPRouteRetryCodes", {Ability::RetryConnection, Ability::RetryCodes}},
    {"HTTPRouteRetryConnectionError", {Ability::RetryConnection}},
    {"HTTPRouteSchemeRedirect", {Ability::Redirect302}},
};

bool has_port_8080(const graph::Slot& slot) {
    return std::any_of(slot.ports.begin(), slot.ports.end(), [](const graph::SlotPort& port) {
        return port.port == 8080 && port.transport == graph::Transport::Tcp;
    });
}

}  // namespace

std::vector<std::string> supported_features(const Capabilities& capabilities) {
    std::vector<std::string> names(std::begin(always), std::end(always));
    for (const Feature& feature : features) {
        const bool served =
            std::all_of(feature.needs.begin(), feature.needs.end(), [&](Ability ability) {
                return capabilities.answer(ability).support == graph::Support::Yes;
            });
        if (served) names.emplace_back(feature.name);
    }
    const auto any_slot = [&](auto wanted) {
        return std::any_of(capabilities.slots.begin(), capabilities.slots.end(), wanted);
    };
    // Addresses can be asked for where they are known.
    if (any_slot([](const graph::Slot& slot) { return slot.address.has_value(); })) {
        names.emplace_back("GatewayAddressEmpty");
        names.emplace_back("GatewayStaticAddresses");
    }
    if (capabilities.tells_listeners_apart) {
        names.emplace_back("GatewayHTTPSListenerDetectMisdirectedRequests");
    }
    if (capabilities.gateway_services) names.emplace_back("GatewayInfrastructure");
    if (any_slot(has_port_8080)) names.emplace_back("GatewayPort8080");
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace gatefile::status
