// SPDX-License-Identifier: Apache-2.0
#include "gatefile/graph/build.hpp"

#include <algorithm>
#include <utility>

#include "attach.hpp"
#include "backends.hpp"
#include "classes.hpp"
#include "context.hpp"
#include "grants.hpp"
#include "grpc.hpp"
#include "listener_sets.hpp"
#include "listeners.hpp"
#include "policies.hpp"
#include "rules.hpp"
#include "shared_entry_points.hpp"
#include "slots.hpp"
#include "streams.hpp"
#include "tls.hpp"

namespace gatefile::graph {
namespace {

/// ListenerStatus.attachedRoutes: each route once per listener, however many parentRefs lead there.
/// A route of which nothing can be served is not accepted.
template <typename AnyRoute>
void count_route(const AnyRoute& route, std::vector<Gateway>& gateways) {
    if (route.standing == Standing::Refused) return;
    std::vector<std::pair<std::size_t, std::size_t>> listeners;
    for (const Parent& parent : route.parents) {
        for (const Attachment& attachment : parent.attachments) {
            listeners.emplace_back(attachment.gateway, attachment.listener);
        }
    }
    std::sort(listeners.begin(), listeners.end());
    listeners.erase(std::unique(listeners.begin(), listeners.end()), listeners.end());
    for (const auto& [gateway, listener] : listeners) {
        ++gateways[gateway].listeners[listener].attached_routes;
    }
}

template <typename Spec>
std::vector<StreamRoute> build_streams(const Context& context,
                                       const api::Objects<Spec>& specs,
                                       const std::vector<ListenerSet>& sets,
                                       std::vector<Gateway>& gateways,
                                       BackendResolver& backends,
                                       BackendTlsPolicies& policies) {
    std::vector<StreamRoute> routes;
    for (const Spec& spec : specs) {
        StreamRoute route;
        route.spec = &spec;
        route.parents = attach(context, spec, gateways, sets);
        if (route.parents.empty()) continue;
        judge_stream(context, route, backends);
        policies.end_route(route.parents);
        count_route(route, gateways);
        routes.push_back(std::move(route));
    }
    return routes;
}

std::set<diag::ObjectRef> refused_objects(const diag::Diagnostics& found_while_reading) {
    std::set<diag::ObjectRef> refused;
    for (const diag::Diagnostic& item : found_while_reading.items()) {
        if (diag::info(item.code).klass == diag::Class::Refused) refused.insert(item.object);
    }
    return refused;
}

}  // namespace

Graph build(std::shared_ptr<const api::Snapshot> snapshot,
            const Capabilities& capabilities,
            const BuildSettings& settings,
            diag::Diagnostics& diagnostics) {
    const GrantIndex grants(snapshot->reference_grants);
    const std::set<diag::ObjectRef> refused = refused_objects(diagnostics);
    const Context context{*snapshot, capabilities, settings, grants, diagnostics, refused};

    Graph graph;
    graph.capabilities = capabilities;
    graph.classes = find_classes(context);
    graph.gateways = find_gateways(context, graph.classes);
    graph.listener_sets = add_listener_sets(context, graph.gateways);
    assign_slots(context, graph.gateways);
    BackendTlsPolicies policies(context);
    BackendResolver backends(context, policies);
    for (std::size_t i = 0; i < graph.gateways.size(); ++i) {
        Gateway& gateway = graph.gateways[i];
        check_gateway_tls(context, gateway);
        judge_listeners(context, backends, gateway);
        policies.end_uses(i);
    }
    judge_shared_entry_points(context, graph.gateways);
    accept_listener_sets(graph.listener_sets, graph.gateways);

    graph.routes.reserve(snapshot->grpc_routes.size() + snapshot->http_routes.size());
    const auto add_route = [&](Route route, const api::GrpcRoute* grpc) {
        judge_rules(context, route, grpc, backends);
        policies.end_route(route.parents);
        count_route(route, graph.gateways);
        graph.routes.push_back(std::move(route));
    };
    for (const api::GrpcRoute& spec : snapshot->grpc_routes) {
        std::vector<Parent> parents = attach(context, spec, graph.gateways, graph.listener_sets);
        if (parents.empty()) continue;
        Route route;
        route.translated = translate(spec);
        route.spec = route.translated.get();
        route.parents = std::move(parents);
        add_route(std::move(route), &spec);
    }
    for (const api::HttpRoute& spec : snapshot->http_routes) {
        Route route;
        route.spec = &spec;
        route.parents = attach(context, spec, graph.gateways, graph.listener_sets);
        if (!route.parents.empty()) add_route(std::move(route), nullptr);
    }
    const auto streams = [&](const auto& specs) {
        return build_streams(
            context, specs, graph.listener_sets, graph.gateways, backends, policies);
    };
    graph.tls_routes = streams(snapshot->tls_routes);
    graph.tcp_routes = streams(snapshot->tcp_routes);
    graph.udp_routes = streams(snapshot->udp_routes);
    graph.policies = policies.finish();
    graph.snapshot = std::move(snapshot);
    return graph;
}

}  // namespace gatefile::graph
