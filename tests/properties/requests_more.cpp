// SPDX-License-Identifier: Apache-2.0
//
// Requests for what manifests have besides HTTPRoutes.
#include "aim.hpp"

namespace gatefile::properties {
namespace {

std::string called(Random& random,
                   const std::optional<std::string>& wanted,
                   const api::GrpcMethodMatch& match,
                   std::string_view otherwise) {
    if (wanted && match.type == api::ValueMatchType::Exact) return *wanted;
    constexpr std::array<std::string_view, 4> for_patterns{"a", "abc", "pkg.S", "bb"};
    return std::string(random.one_in(2) ? random.pick(for_patterns) : otherwise);
}

}  // namespace

bool aim_at_call(Random& random, const ClusterPlan& plan, const Cluster& cluster, Aim& aim) {
    if (cluster.grpc_routes.empty()) return false;
    const api::GrpcRoute& route = *cluster.grpc_routes[random.below(cluster.grpc_routes.size())];
    const api::GrpcRouteRule& rule = route.rules[random.below(route.rules.size())];
    aim_at_route(random, plan, cluster, route, aim);
    aim.method = random.one_in(4) ? random.pick(methods) : "POST";
    const std::string service(random.pick(call_services));
    const std::string method(random.pick(call_methods));
    aim.path = "/" + service + "/" + method;
    if (!rule.matches.empty()) {
        const api::GrpcRouteMatch& match = rule.matches[random.below(rule.matches.size())];
        aim.headers = wanted_values(random, match.headers);
        const api::GrpcMethodMatch call = match.method.value_or(api::GrpcMethodMatch());
        aim.path = "/" + called(random, call.service, call, service) + "/" +
                   called(random, call.method, call, method);
    }
    if (random.one_in(12)) aim.path += random.one_in(2) ? "/" : "/a";
    return true;
}

bool aim_at_stream(Random& random, const ClusterPlan& plan, const Cluster& cluster, Aim& aim) {
    if (cluster.tls_routes.empty()) return false;
    aim_at_route(random,
                 plan,
                 cluster,
                 *cluster.tls_routes[random.below(cluster.tls_routes.size())],
                 aim);
    aim.port = ports[2];
    return true;
}

}  // namespace gatefile::properties
