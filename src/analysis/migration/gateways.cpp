// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "parts.hpp"

namespace gatefile::analysis::migration {

namespace {

constexpr std::string_view native_controller = "traefik.io/gateway-controller";

/// What Traefik 3.7's own provider takes without a word and gatefile serves.
std::vector<std::string> newly_honoured(const api::HttpRoute& route) {
    std::set<std::string> found;
    for (const api::HttpRouteRule& rule : route.rules) {
        if (rule.timeouts) found.insert("timeouts");
        if (rule.retry) found.insert("retry");
        if (rule.session_persistence) found.insert("sessionPersistence");
        for (const api::HttpFilter& filter : rule.filters) {
            if (std::holds_alternative<api::RequestMirror>(filter)) found.insert("RequestMirror");
            if (std::holds_alternative<api::Cors>(filter)) found.insert("CORS");
        }
    }
    return {found.begin(), found.end()};
}

bool refers_to(const api::Route& route, const api::Gateway& gateway) {
    return std::ranges::any_of(route.parent_refs, [&](const api::ParentRef& parent) {
        return parent.kind == "Gateway" && parent.name == gateway.meta.name &&
               parent.ns.value_or(route.meta.ns) == gateway.meta.ns;
    });
}

/// Listeners whose port is that of an entry point, as Traefik's own provider wants it.
void note_ports(const api::Gateway& gateway,
                const graph::Capabilities& capabilities,
                std::vector<std::string>& risks) {
    for (const api::Listener& listener : gateway.listeners) {
        const bool served = std::ranges::any_of(capabilities.slots, [&](const graph::Slot& slot) {
            return std::ranges::find(slot.ports, listener.port, &graph::SlotPort::port) !=
                   slot.ports.end();
        });
        if (!served) {
            risks.push_back(fmt::format(
                "listener {} of Gateway {} is on port {}, which no entry point serves here: with "
                "--port-map a listener has the port that clients use (443), not the container's",
                listener.name,
                text_of(gateway.meta),
                listener.port));
        }
        if (listener.tls && !listener.tls->options.empty()) {
            risks.push_back(fmt::format("listener {} of Gateway {} has tls.options, which "
                                        "Traefik's own provider ignores and gatefile obeys or "
                                        "refuses",
                                        listener.name,
                                        text_of(gateway.meta)));
        }
    }
    if (gateway.tls && gateway.tls->frontend_default) {
        risks.push_back(fmt::format("Gateway {} asks for client certificates, which Traefik's own "
                                    "provider ignores: clients without one will be refused",
                                    text_of(gateway.meta)));
    }
}

void note_kinds(const api::Snapshot& snapshot,
                const api::Gateway& gateway,
                std::vector<std::string>& objects,
                std::vector<std::string>& risks) {
    for (const api::HttpRoute& route : snapshot.http_routes) {
        if (!refers_to(route, gateway)) continue;
        objects.push_back("HTTPRoute " + text_of(route.meta));
        for (const std::string& field : newly_honoured(route)) {
            risks.push_back(fmt::format("{} of HTTPRoute {}: honoured from here on",
                                        field,
                                        text_of(route.meta)));
        }
    }
    const auto add = [&](const auto& routes, std::string_view kind) {
        for (const auto& route : routes) {
            if (!refers_to(route, gateway)) continue;
            objects.push_back(fmt::format("{} {}", kind, text_of(route.meta)));
            if (kind == "UDPRoute") {
                risks.push_back(fmt::format("UDPRoute {} begins to be served: Traefik's own "
                                            "provider does not know the kind",
                                            text_of(route.meta)));
            }
        }
    };
    add(snapshot.grpc_routes, "GRPCRoute");
    add(snapshot.tls_routes, "TLSRoute");
    add(snapshot.tcp_routes, "TCPRoute");
    add(snapshot.udp_routes, "UDPRoute");
}

void add_steps_of(const graph::Graph& graph,
                  const api::Gateway& gateway,
                  const MigrationSettings& settings,
                  MigrationPlan& plan) {
    const std::string name = text_of(gateway.meta);
    MigrationStep copy{
        .kind = StepKind::Copy,
        .title = fmt::format("Make a copy of Gateway {}, of the new class and under another name, "
                             "and give the routes below it a second parentRef that names the copy",
                             name),
        .objects = {"Gateway " + name},
        .command = fmt::format("kubectl wait gateway/{}-gatefile -n {} --for=condition=Programmed "
                               "--timeout=30s",
                               gateway.meta.name,
                               gateway.meta.ns),
        .expected = fmt::format("gateway.gateway.networking.k8s.io/{}-gatefile condition met",
                                gateway.meta.name)};
    note_ports(gateway, graph.capabilities, copy.risks);
    note_kinds(*graph.snapshot, gateway, copy.objects, copy.risks);
    copy.risks.push_back(
        settings.wins
            ? "from here on gatefile answers (--coexist win)"
            : "Traefik's own provider goes on answering (--coexist yield), so a fault of the copy "
              "shows in its status only");
    plan.steps.push_back(std::move(copy));
    plan.steps.push_back(
        {.kind = StepKind::Switch,
         .title = fmt::format("Remove the parentRefs that name Gateway {}", name),
         .objects = {"Gateway " + name},
         .risks = {"from here on gatefile answers; putting the parentRef back is the way back"},
         .command = fmt::format("kubectl get gateway {} -n {} -o "
                                "jsonpath='{{.status.listeners[*].attachedRoutes}}'",
                                gateway.meta.name,
                                gateway.meta.ns),
         .expected = "0 for each listener"});
    plan.steps.push_back({.kind = StepKind::Remove,
                          .title = fmt::format("Delete Gateway {}", name),
                          .objects = {"Gateway " + name},
                          .risks = {},
                          .command = fmt::format(
                              "kubectl get gateway {} -n {}", gateway.meta.name, gateway.meta.ns),
                          .expected = "NotFound"});
}

}  // namespace

std::string text_of(const api::Meta& meta) {
    return meta.ns.empty() ? meta.name : meta.ns + "/" + meta.name;
}

void add_gateway_steps(const graph::Graph& graph,
                       const MigrationSettings& settings,
                       MigrationPlan& plan) {
    const api::Snapshot& snapshot = *graph.snapshot;
    MigrationStep prepare{
        .kind = StepKind::Prepare,
        .title = fmt::format("Create a GatewayClass with controllerName {}",
                             settings.controller_name),
        .objects = {},
        .risks = {"controllerName cannot be changed: a class of Traefik's stays Traefik's"},
        .command = "kubectl get gatewayclass -o custom-columns=NAME:.metadata.name,"
                   "CONTROLLER:.spec.controllerName",
        .expected = "a line with " + settings.controller_name};
    for (const api::GatewayClass& gateway_class : snapshot.gateway_classes) {
        if (gateway_class.controller_name != native_controller) continue;
        plan.foreign_classes.push_back(gateway_class.meta.name);
        prepare.objects.push_back("GatewayClass " + gateway_class.meta.name);
    }
    if (graph.classes.empty()) plan.steps.push_back(std::move(prepare));
    for (const api::Gateway& gateway : snapshot.gateways) {
        if (std::ranges::find(plan.foreign_classes, gateway.gateway_class_name) !=
            plan.foreign_classes.end()) {
            add_steps_of(graph, gateway, settings, plan);
        }
    }
}

}  // namespace gatefile::analysis::migration
