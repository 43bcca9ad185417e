// SPDX-License-Identifier: Apache-2.0
#include "stream_services.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <utility>

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

/// More servers than this stand in the list of a service only where it has many endpoints.
constexpr std::int64_t most_turns = 1024;

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

/// Servers of connections have no weight of their own in Traefik: each stands as often as its
/// weight says, or nearly so where that would be very often.
std::vector<std::string> addresses_by_weight(const ir::Backend& backend) {
    std::int64_t turns = 0;
    for (const ir::Endpoint& endpoint : backend.endpoints)
        turns += endpoint.weight;
    const auto most = std::max(most_turns, 4 * static_cast<std::int64_t>(backend.endpoints.size()));
    std::vector<std::int64_t> repeats;
    std::int64_t divisor = 0;
    for (const ir::Endpoint& endpoint : backend.endpoints) {
        const std::int64_t wanted = endpoint.weight;
        const std::int64_t scaled = (2 * wanted * most + turns) / (2 * turns);
        repeats.push_back(turns <= most ? wanted : std::max<std::int64_t>(1, scaled));
        divisor = std::gcd(divisor, repeats.back());
    }
    std::vector<std::string> addresses;
    for (std::size_t i = 0; i < repeats.size(); ++i)
        addresses.insert(addresses.end(),
                         static_cast<std::size_t>(repeats[i] / divisor),
                         address_of(backend.endpoints[i]));
    return addresses;
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
    draft_.dynamic.tcp_services.push_back({name,
                                           TcpLoadBalancer{.addresses = addresses_by_weight(from),
                                                           .transport = transport(from),
                                                           .tls = from.tls.has_value()}});
    return name;
}

std::string StreamServices::datagrams_to(std::size_t backend) {
    const ir::Backend& from = draft_.config.backends[backend];
    const std::string& name = backend_names_[backend];
    if (!made_.insert("udp " + name).second) return name;
    draft_.dynamic.udp_services.push_back({name, UdpLoadBalancer{addresses_by_weight(from)}});
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
