// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "parts.hpp"

namespace gatefile::analysis {

namespace {

using migration::differences;
using migration::find_paths;

/// cert-manager's, which comes and goes by itself.
bool is_solver(const api::ForeignRoute& route) {
    return api::find(route.labels, "acme.cert-manager.io/http01-solver") != nullptr;
}

/// What stands in the place of such a route; empty: it is one of requests.
std::string_view advice_for_stream(const api::ForeignRoute& route) {
    if (route.object.kind == "IngressRouteTCP")
        return "of connections: write a TLSRoute or TCPRoute";
    if (route.object.kind == "IngressRouteUDP") return "of datagrams: write a UDPRoute";
    return {};
}

std::string resource_of(const api::ForeignRoute& route) {
    return route.object.kind == "Ingress" ? "ingress" : "ingressroute";
}

void add_steps_of(const graph::Graph& graph,
                  const api::ForeignRoute& route,
                  const MigrationSettings& settings,
                  MigrationPlan& plan) {
    const std::vector<MigrationPath> paths = find_paths(graph, route, settings);
    plan.paths.insert(plan.paths.end(), paths.begin(), paths.end());
    const bool covered = std::ranges::none_of(
        paths, [](const MigrationPath& path) { return path.covered_by.empty(); });
    const std::string name = route.object.text();
    MigrationStep copy{.kind = StepKind::Copy,
                       .title = "Write HTTPRoutes for what " + name + " serves",
                       .objects = {name},
                       .risks = differences(graph, route),
                       .command = "gatefile migrate --plan",
                       .expected = "no path of " + name + " without an HTTPRoute"};
    if (!covered || paths.empty()) {
        if (settings.wins) {
            copy.risks.push_back("with --coexist win an HTTPRoute for one path of a host takes all "
                                 "of that host");
        }
        plan.steps.push_back(copy);
    }
    MigrationStep removal{
        .kind = settings.wins ? StepKind::Remove : StepKind::Switch,
        .title = "Delete " + name,
        .objects = {name},
        .risks = {settings.wins ? "gatefile answers already (--coexist win)"
                                : "from here on gatefile answers; applying it again is the way "
                                  "back"},
        .command = fmt::format(
            "kubectl get {} {} -n {}", resource_of(route), route.object.name, route.object.ns),
        .expected = "NotFound"};
    if (covered && !paths.empty()) {
        const std::vector<std::string> found = differences(graph, route);
        removal.risks.insert(removal.risks.end(), found.begin(), found.end());
    }
    plan.steps.push_back(std::move(removal));
}

void add_last_steps(bool has_ingress, bool has_ingress_route, MigrationPlan& plan) {
    const auto add = [&plan](std::string_view provider,
                             std::string_view name,
                             std::string_view what) {
        plan.steps.push_back(
            {.kind = StepKind::Remove,
             .title =
                 fmt::format("Turn off providers.{} in Traefik's static configuration", provider),
             .objects = {},
             .risks = {fmt::format("Traefik restarts, and serves no {} any more: look for those of "
                                   "other teams first",
                                   what)},
             .command = "curl -s http://TRAEFIK:8080/api/overview",
             .expected = fmt::format("no {} among the providers", name)});
    };
    if (!plan.foreign_classes.empty()) {
        add("kubernetesGateway", "KubernetesGateway", "Gateway of its own class");
    }
    if (has_ingress) add("kubernetesIngress", "KubernetesIngress", "Ingress");
    if (has_ingress_route) {
        add("kubernetesCRD", "KubernetesCRD", "IngressRoute");
        plan.steps.back().risks.push_back(
            "IngressRouteTCP, IngressRouteUDP, TLSStore, TLSOption and ServersTransport objects have "
            "no effect any more, either: kubectl get "
            "ingressroutetcps,ingressrouteudps,tlsstores,tlsoptions,serverstransports -A");
    }
}

}  // namespace

MigrationPlan plan_migration(const graph::Graph& graph,
                             const std::vector<api::ForeignRoute>& foreign,
                             const MigrationSettings& settings) {
    MigrationPlan plan;
    plan.unread = settings.unread;
    migration::add_gateway_steps(graph, settings, plan);
    bool has_ingress = false;
    bool has_ingress_route = false;
    for (const api::ForeignRoute& route : foreign) {
        const bool is_ingress = route.object.kind == "Ingress";
        if (is_solver(route)) continue;
        if (!api::is_of_class(route,
                              {is_ingress ? settings.ingress_class : settings.ingress_route_class,
                               settings.looks_up_classes},
                              settings.classes)) {
            plan.left_out.push_back(
                fmt::format("{} ({})",
                            route.object.text(),
                            route.ingress_class.empty() ? "no class" : route.ingress_class));
            continue;
        }
        if (const std::string_view advice = advice_for_stream(route); !advice.empty()) {
            plan.streams.push_back(fmt::format("{} ({})", route.object.text(), advice));
            continue;
        }
        (is_ingress ? has_ingress : has_ingress_route) = true;
        add_steps_of(graph, route, settings, plan);
    }
    if (plan.foreign_classes.empty() && !has_ingress && !has_ingress_route) plan.steps.clear();
    add_last_steps(has_ingress, has_ingress_route, plan);
    return plan;
}

}  // namespace gatefile::analysis
