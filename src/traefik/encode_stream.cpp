// SPDX-License-Identifier: Apache-2.0
#include "encode_stream.hpp"

#include <array>
#include <variant>

#include "encode_tls.hpp"
#include "gatefile/base/overloaded.hpp"
#include "gatefile/base/time.hpp"

namespace gatefile::traefik {
namespace {

using tree::Node;

Node entry_points_node(const std::string& entry_point, NodeBuilder& build) {
    return build.strings(std::array{entry_point});
}

Node tls_node(const TcpRouterTls& tls, NodeBuilder& build) {
    Fields fields;
    if (!tls.cert_resolver.empty()) fields.add("certResolver", build.string(tls.cert_resolver));
    if (!tls.options.empty()) fields.add("options", build.string(tls.options));
    fields.add("passthrough", Node::boolean(tls.passthrough));
    return build.map(fields);
}

Node router_node(const TcpRouter& router, NodeBuilder& build) {
    Fields fields;
    fields.add("entryPoints", entry_points_node(router.entry_point, build));
    fields.add("priority", Node::integer(router.priority));
    fields.add("rule", build.string(router.rule));
    fields.add("service", build.string(router.service));
    if (router.tls) fields.add("tls", tls_node(*router.tls, build));
    return build.map(fields);
}

Node router_node(const UdpRouter& router, NodeBuilder& build) {
    return build.map({{"entryPoints", entry_points_node(router.entry_point, build)},
                      {"service", build.string(router.service)}});
}

Node servers_node(const std::vector<std::string>& addresses, bool tls, NodeBuilder& build) {
    std::vector<Node> servers;
    servers.reserve(addresses.size());
    for (const std::string& address : addresses) {
        Fields server;
        server.add("address", build.string(address));
        if (tls) server.add("tls", Node::boolean(true));
        servers.push_back(build.map(server));
    }
    return build.list(servers);
}

Node settings_node(const TcpLoadBalancer& balancer, NodeBuilder& build) {
    Fields fields;
    if (!balancer.addresses.empty()) {
        fields.add("servers", servers_node(balancer.addresses, balancer.tls, build));
    }
    fields.add("serversTransport", build.string(balancer.transport));
    return build.map({{"loadBalancer", build.map(fields)}});
}

/// An empty list is written too: an empty map would make Traefik refuse the whole file.
Node settings_node(const UdpLoadBalancer& balancer, NodeBuilder& build) {
    return build.map({{"loadBalancer",
                       build.map({{"servers", servers_node(balancer.addresses, false, build)}})}});
}

Node settings_node(const StreamWeighted& weighted, NodeBuilder& build) {
    std::vector<Node> members;
    for (const WeightedMember& member : weighted.members) {
        members.push_back(build.map(
            {{"name", build.string(member.service)}, {"weight", Node::integer(member.weight)}}));
    }
    return build.map({{"weighted", build.map({{"services", build.list(members)}})}});
}

template <typename Service>
Node service_node(const Service& service, NodeBuilder& build) {
    return std::visit([&](const auto& settings) { return settings_node(settings, build); },
                      service.settings);
}

/// All of Traefik's defaults, because it applies none in JSON.
Node transport_node(const TcpTransport& transport, const KeyPlacement& keys, NodeBuilder& build) {
    using std::chrono::seconds;
    Fields fields;
    fields.add("dialKeepAlive", build.string(base::format_go_duration(seconds(15))));
    fields.add("dialTimeout", build.string(base::format_go_duration(seconds(30))));
    fields.add("terminationDelay",
               build.string(base::format_go_duration(transport.termination_delay)));
    if (transport.tls) {
        Fields tls;
        add_transport_tls(tls, *transport.tls, keys, build);
        fields.add("tls", build.map(tls));
    }
    return build.map(fields);
}

}  // namespace

Node tcp_node(const Dynamic& dynamic, const KeyPlacement& keys, NodeBuilder& build) {
    Fields tcp;
    const auto router = [](const TcpRouter& one, NodeBuilder& b) { return router_node(one, b); };
    add_section(tcp, "routers", dynamic.tcp_routers, build, router);
    const auto transport = [&](const TcpTransport& one, NodeBuilder& b) {
        return transport_node(one, keys, b);
    };
    add_section(tcp, "serversTransports", dynamic.tcp_transports, build, transport);
    add_section(tcp, "services", dynamic.tcp_services, build, service_node<TcpService>);
    return build.map(tcp);
}

Node udp_node(const Dynamic& dynamic, NodeBuilder& build) {
    Fields udp;
    const auto router = [](const UdpRouter& one, NodeBuilder& b) { return router_node(one, b); };
    add_section(udp, "routers", dynamic.udp_routers, build, router);
    add_section(udp, "services", dynamic.udp_services, build, service_node<UdpService>);
    return build.map(udp);
}

}  // namespace gatefile::traefik
