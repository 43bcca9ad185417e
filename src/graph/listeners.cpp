// SPDX-License-Identifier: Apache-2.0
#include "listeners.hpp"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "conflicts.hpp"
#include "gatefile/base/strings.hpp"
#include "listener_filters.hpp"

namespace gatefile::graph {
namespace {

Protocol protocol_of(const api::Listener& listener) {
    if (listener.protocol == "HTTP") return Protocol::Http;
    if (listener.protocol == "HTTPS") return Protocol::Https;
    if (listener.protocol == "TLS") return Protocol::Tls;
    if (listener.protocol == "TCP") return Protocol::Tcp;
    if (listener.protocol == "UDP") return Protocol::Udp;
    return Protocol::Unsupported;
}

/// Of the Gateway API group (the table at ListenerStatus.supportedKinds).
std::span<const api::RouteKind> kinds_of(Protocol protocol) {
    static constexpr api::RouteKind requests[] = {api::RouteKind::Grpc, api::RouteKind::Http};
    static constexpr api::RouteKind tls[] = {api::RouteKind::Tls};
    static constexpr api::RouteKind tcp[] = {api::RouteKind::Tcp};
    static constexpr api::RouteKind udp[] = {api::RouteKind::Udp};
    switch (protocol) {
    case Protocol::Http:
    case Protocol::Https:
        return requests;
    case Protocol::Tls:
        return tls;
    case Protocol::Tcp:
        return tcp;
    case Protocol::Udp:
        return udp;
    case Protocol::Unsupported:
        break;
    }
    return {};
}

void check_protocol(const Context& context, const api::Gateway& gateway, Listener& listener) {
    listener.protocol = protocol_of(*listener.spec);
    listener.accepted = listener.protocol != Protocol::Unsupported;
    if (listener.accepted) return;
    report(context,
           gateway,
           listener,
           diag::Path("protocol"),
           {diag::Code::ListenerProtocol,
            fmt::format("protocol {} is not supported",
                        base::quote_for_message(listener.spec->protocol)),
            "HTTP, HTTPS, TLS, TCP and UDP are"});
}

bool is_supported(Protocol protocol, const api::RouteGroupKind& kind) {
    return kind.group == gateway_api_group &&
           std::ranges::any_of(kinds_of(protocol), [&](api::RouteKind supported) {
               return api::name_of(supported) == kind.kind;
           });
}

/// "GRPCRoute and HTTPRoute"
std::string list_kinds(Protocol protocol) {
    std::string text;
    for (const api::RouteKind kind : kinds_of(protocol)) {
        if (!text.empty()) text += " and ";
        text += api::name_of(kind);
    }
    return text;
}

/// ListenerStatus.supportedKinds: of the kinds that are named only the supported ones.
void check_kinds(const Context& context, const api::Gateway& gateway, Listener& listener) {
    if (listener.protocol == Protocol::Unsupported) return;
    const std::vector<api::RouteGroupKind>& kinds = listener.spec->allowed_routes.kinds;
    if (kinds.empty()) {
        for (const api::RouteKind kind : kinds_of(listener.protocol)) {
            listener.supported_kinds.push_back(
                {std::string(gateway_api_group), std::string(api::name_of(kind))});
        }
        return;
    }
    std::vector<api::RouteGroupKind>& supported = listener.supported_kinds;
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        if (!is_supported(listener.protocol, kinds[i])) {
            listener.resolved_refs = false;
            report(context,
                   gateway,
                   listener,
                   diag::Path("allowedRoutes.kinds") / i,
                   {diag::Code::ListenerKinds,
                    fmt::format("routes of kind {} cannot be attached to a listener of protocol {}",
                                quoted_kind(kinds[i].group, kinds[i].kind),
                                listener.spec->protocol),
                    list_kinds(listener.protocol) + " can"});
        } else if (std::ranges::find(supported, kinds[i]) == supported.end()) {
            supported.push_back(kinds[i]);
        }
    }
}

const SlotPort* find_port(const Slot& slot, std::uint16_t port, Transport transport) {
    const auto found = std::find_if(slot.ports.begin(), slot.ports.end(), [&](const SlotPort& p) {
        return p.port == port && p.transport == transport;
    });
    return found == slot.ports.end() ? nullptr : &*found;
}

/// What an entry point does to requests strikes those that it sees as requests.
void check_entry_point(const Context& context,
                       const api::Gateway& gateway,
                       const SlotPort& entry_point,
                       Listener& listener) {
    if (listener.protocol != Protocol::Http && listener.protocol != Protocol::Https) return;
    // An entry point's redirection takes what comes without TLS only.
    if (listener.protocol == Protocol::Http && !entry_point.redirects_to.empty()) {
        listener.accepted = false;
        report(context,
               gateway,
               listener,
               diag::Path("port"),
               {diag::Code::EntryPointRedirects,
                fmt::format("entry point {} redirects every request to {}",
                            base::quote_for_message(entry_point.entry_point),
                            base::quote_for_message(entry_point.redirects_to)),
                "remove the redirection of the entry point, or this listener"});
    }
    for (const std::string& alteration : entry_point.alterations) {
        report(context,
               gateway,
               listener,
               diag::Path("port"),
               {diag::Code::EntryPointAlters,
                fmt::format("entry point {} {}, whatever its routes say",
                            base::quote_for_message(entry_point.entry_point),
                            alteration),
                "take it out of Traefik's static configuration if routes are to decide"});
    }
}

void bind_entry_point(const Context& context, const Gateway& gateway, Listener& listener) {
    if (!gateway.slot || listener.protocol == Protocol::Unsupported) return;
    const std::uint16_t port = listener.spec->port;
    const bool udp = listener.protocol == Protocol::Udp;
    const SlotPort* found = find_port(
        context.capabilities.slots[*gateway.slot], port, udp ? Transport::Udp : Transport::Tcp);
    if (!found) {
        listener.accepted = false;
        report(context,
               *gateway.spec,
               listener,
               diag::Path("port"),
               {diag::Code::ListenerPort,
                fmt::format("port {} has no entry point{}", port, udp ? " for UDP" : ""),
                "`gatefile static` prints the entry points that are needed; --port-map says which "
                "one serves a port"});
        return;
    }
    listener.entry_point = found->entry_point;
    check_entry_point(context, *gateway.spec, *found, listener);
}

bool needs_certificate(const Listener& listener) {
    return listener.protocol == Protocol::Https ||
           (listener.protocol == Protocol::Tls && !listener.passthrough);
}

}  // namespace

void judge_listeners(const Context& context, BackendResolver& backends, Gateway& gateway) {
    for (Listener& listener : gateway.listeners) {
        listener.hostname = base::to_lower(listener.spec->hostname.value_or(""));
        listener.resolved_refs = true;
        check_protocol(context, *gateway.spec, listener);
        check_kinds(context, *gateway.spec, listener);
        check_tls(context, *gateway.spec, listener);
        bind_entry_point(context, gateway, listener);
    }
    mark_conflicts(context, gateway);
    mark_tls_overlaps(gateway);
    for (Listener& listener : gateway.listeners) {
        const bool has_place = gateway.accepted && gateway.slot;
        listener.serves = has_place && is_good(listener);
        check_listener_filters(context, gateway, backends, listener);
        // Another listener would take its requests unverified, or unfiltered.
        const auto& clients = listener.client_validation;
        const bool unverified = clients && clients->ca_pem.empty();
        const bool unfiltered = !listener.serves && !listener.spec->filters.empty() &&
                                listener.protocol == Protocol::Https;
        listener.closes = has_place && !listener.conflicted && !listener.entry_point.empty() &&
                          (unverified || unfiltered);
    }
}

bool is_good(const Listener& listener) {
    const bool has_certificate =
        !needs_certificate(listener) || !listener.certificates.empty() || listener.has_resolver;
    return listener.accepted && has_certificate;
}

}  // namespace gatefile::graph
