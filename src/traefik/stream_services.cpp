// SPDX-License-Identifier: Apache-2.0
#include "stream_services.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "backend_names.hpp"
#include "gatefile/base/hash.hpp"
#include "names.hpp"
#include "transport_tls.hpp"

namespace gatefile::traefik {
namespace {

/// How long one side may go on after the other has said its last word. Traefik's 100 ms would cut
/// off answers to clients that close their side first, and no limit would keep the connections of
/// backends that never close theirs.
constexpr std::chrono::hours termination_delay{1};

constexpr std::string_view closed_name = "gatefile_closed";
constexpr std::string_view transport_name = "gatefile_stream";

std::string address_of(const ir::Endpoint& endpoint) {
    const bool ipv6 = endpoint.host.find(':') != std::string::npos;
    return (ipv6 ? "[" + endpoint.host + "]:" : endpoint.host + ":") +
           std::to_string(endpoint.port);
}

std::vector<std::string> addresses_of(const ir::Backend& backend) {
    std::vector<std::string> addresses;
    addresses.reserve(backend.endpoints.size());
    for (const ir::Endpoint& endpoint : backend.endpoints)
        addresses.push_back(address_of(endpoint));
    return addresses;
}

/// The endpoints of one cluster, which share its weight.
struct ClusterPart {
    std::string cluster;
    int weight = 0;
    std::vector<std::string> addresses;
};

/// Servers of connections have no weight of their own in Traefik.
std::vector<ClusterPart> parts_by_cluster(const ir::Backend& backend) {
    std::vector<ClusterPart> parts;
    for (const ir::Endpoint& endpoint : backend.endpoints) {
        auto part = std::ranges::find(parts, endpoint.cluster, &ClusterPart::cluster);
        if (part == parts.end()) part = parts.insert(part, {.cluster = endpoint.cluster});
        part->weight += endpoint.weight;
        part->addresses.push_back(address_of(endpoint));
    }
    std::ranges::sort(parts, {}, &ClusterPart::cluster);
    return parts;
}

/// A service `name` over one for each cluster, which `make` makes of its addresses.
template <typename Service, typename Make>
void add_parts(const std::string& name,
               const ir::Backend& backend,
               std::vector<Service>& services,
               const Make& make) {
    StreamWeighted weighted;
    for (ClusterPart& part : parts_by_cluster(backend)) {
        std::string in_cluster = with_part(name, "in-" + part.cluster);
        services.push_back({in_cluster, make(std::move(part.addresses))});
        weighted.members.push_back({std::move(in_cluster), part.weight});
    }
    services.push_back({name, std::move(weighted)});
}

/// The members of a host by service; what leads to the same one is added up.
template <typename ServiceOf>
StreamWeighted weighted_members(const ir::StreamHost& host, ServiceOf service_of) {
    StreamWeighted weighted;
    for (const ir::StreamMember& member : host.members) {
        std::string service = service_of(member);
        const auto same = std::ranges::find(weighted.members, service, &WeightedMember::service);
        if (same != weighted.members.end()) {
            same->weight += member.weight;
        } else {
            weighted.members.push_back({std::move(service), member.weight});
        }
    }
    return weighted;
}

bool same_members(const StreamWeighted& a, const StreamWeighted& b) {
    return std::ranges::equal(a.members, b.members, [](const auto& x, const auto& y) {
        return x.service == y.service && x.weight == y.weight;
    });
}

}  // namespace

StreamServices::StreamServices(Draft& draft)
    : draft_(draft), tls_names_(transport_tls_names(draft.config)) {
    std::set<std::string> taken;
    for (const ir::Backend& backend : draft_.config.backends) {
        const bool udp = backend.protocol == ir::BackendProtocol::Udp;
        std::string name = make_name({"service",
                                      backend.ns,
                                      backend.name,
                                      std::to_string(backend.port),
                                      udp           ? "udp"
                                      : backend.tls ? "tls"
                                                    : "tcp"});
        if (const std::string client = client_certificate_id(draft_.config, backend);
            !client.empty()) {
            name = with_part(with_part(name, "client"), client);
        }
        if (!taken.insert(name).second) {
            std::string endpoints;
            for (const std::string& address : addresses_of(backend))
                endpoints += address + "\n";
            name = with_part(name, "e-" + base::sha256_hex(endpoints).substr(0, 16));
            taken.insert(name);
        }
        backend_names_.push_back(std::move(name));
    }
}

std::string StreamServices::transport(const ir::Backend& backend) {
    std::string name = backend.tls ? tls_names_[*backend.tls] : std::string(transport_name);
    if (!made_.insert("transport " + name).second) return name;
    TcpTransport made{.name = name, .termination_delay = termination_delay};
    if (backend.tls) {
        made.tls = render_transport_tls(draft_.config, draft_.config.backend_tls[*backend.tls]);
    }
    draft_.dynamic.tcp_transports.push_back(std::move(made));
    return name;
}

std::string StreamServices::connections_to(std::size_t backend) {
    const ir::Backend& from = draft_.config.backends[backend];
    const std::string& name = backend_names_[backend];
    if (!made_.insert("tcp " + name).second) return name;
    const auto balancer = [&](std::vector<std::string> addresses) {
        return TcpLoadBalancer{.addresses = std::move(addresses),
                               .transport = transport(from),
                               .tls = from.tls.has_value()};
    };
    auto& services = draft_.dynamic.tcp_services;
    if (has_weights(from)) {
        add_parts(name, from, services, balancer);
    } else {
        services.push_back({name, balancer(addresses_of(from))});
    }
    return name;
}

std::string StreamServices::datagrams_to(std::size_t backend) {
    const ir::Backend& from = draft_.config.backends[backend];
    const std::string& name = backend_names_[backend];
    if (!made_.insert("udp " + name).second) return name;
    const auto balancer = [](std::vector<std::string> addresses) {
        return UdpLoadBalancer{std::move(addresses)};
    };
    auto& services = draft_.dynamic.udp_services;
    if (has_weights(from)) {
        add_parts(name, from, services, balancer);
    } else {
        services.push_back({name, balancer(addresses_of(from))});
    }
    return name;
}

std::string StreamServices::closed_connections() {
    std::string name(closed_name);
    if (made_.insert("tcp " + name).second) {
        draft_.dynamic.tcp_services.push_back(
            {name, TcpLoadBalancer{.addresses = {}, .transport = transport({})}});
    }
    return name;
}

std::string StreamServices::closed_datagrams() {
    std::string name(closed_name);
    if (made_.insert("udp " + name).second) {
        draft_.dynamic.udp_services.push_back({name, UdpLoadBalancer{}});
    }
    return name;
}

std::string StreamServices::connections(const ir::StreamHost& host) {
    if (host.members.empty()) return closed_connections();
    StreamWeighted weighted = weighted_members(host, [&](const ir::StreamMember& member) {
        return member.backend ? connections_to(*member.backend) : closed_connections();
    });
    if (weighted.members.size() == 1) return weighted.members.front().service;
    // A route may have backends with TLS on one listener and without on another.
    std::string name = stream_name(draft_.config.routes[host.route]);
    while (true) {
        const auto [known, is_new] = weighted_.try_emplace(name, weighted);
        if (is_new) draft_.dynamic.tcp_services.push_back({name, std::move(weighted)});
        if (is_new || same_members(known->second, weighted)) return name;
        name = with_part(name, "other");
    }
}

std::string StreamServices::datagrams(const ir::StreamHost& host) {
    if (host.members.empty()) return closed_datagrams();
    StreamWeighted weighted = weighted_members(host, [&](const ir::StreamMember& member) {
        return member.backend ? datagrams_to(*member.backend) : closed_datagrams();
    });
    if (weighted.members.size() == 1) return weighted.members.front().service;
    std::string name = stream_name(draft_.config.routes[host.route]);
    if (made_.insert("udp " + name).second) {
        draft_.dynamic.udp_services.push_back({name, std::move(weighted)});
    }
    return name;
}

}  // namespace gatefile::traefik
