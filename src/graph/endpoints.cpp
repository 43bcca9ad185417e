// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "addresses.hpp"
#include "gatefile/base/strings.hpp"
#include "services.hpp"

namespace gatefile::graph {
namespace {

/// Collects endpoints; keeps out what must not be forwarded to.
class Collector {
public:
    Collector(const BackendSettings& settings, Resolution& resolution)
        : refuse_local_(settings.refuse_local_endpoints), resolution_(resolution) {}

    void add(std::string_view host, std::uint16_t port) {
        // Hosts come from tenants and go into URLs.
        if (!is_ip_address(host) && !is_dns_name(host)) {
            refuse(host, "is neither an IP address nor a DNS name");
        } else if (refuse_local_ && is_local_address(host)) {
            refuse(host, "is an address of this host or link");
        } else {
            resolution_.backend.endpoints.push_back({std::string(host), port});
        }
    }

    /// `nothing` is said when there is no endpoint, and none was refused either.
    void finish(std::string nothing, std::string hint) {
        auto& endpoints = resolution_.backend.endpoints;
        std::sort(endpoints.begin(), endpoints.end());
        endpoints.erase(std::unique(endpoints.begin(), endpoints.end()), endpoints.end());
        if (refused_ > 0) {
            resolution_.backend.fails = endpoints.empty();
            if (refused_ > 1) first_refusal_ += fmt::format(", and {} more like it", refused_ - 1);
            resolution_.findings.push_back(
                {diag::Code::BackendAddressRefused, std::move(first_refusal_), {}});
        } else if (endpoints.empty()) {
            resolution_.findings.push_back(
                {diag::Code::BackendNoEndpoints, std::move(nothing), std::move(hint)});
        }
    }

private:
    void refuse(std::string_view host, std::string_view why) {
        if (refused_++ == 0) {
            first_refusal_ = fmt::format("endpoint {} {}", base::quote_for_message(host), why);
        }
    }

    bool refuse_local_;
    Resolution& resolution_;
    std::size_t refused_ = 0;
    std::string first_refusal_;
};

std::string name_of(const api::Service& service) {
    return "Service " + quoted_name(service.meta.ns, service.meta.name);
}

/// The number that a slice gives the Service's port; ports are told apart by name.
std::optional<std::uint16_t> port_in(const api::EndpointSlice& slice,
                                     const api::ServicePort& port) {
    for (const api::EndpointPort& candidate : slice.ports) {
        if (candidate.name != port.name || candidate.protocol != port.protocol) continue;
        // Without a number all ports of the endpoint are meant.
        return candidate.port ? *candidate.port : port.target_port.value_or(port.port);
    }
    return std::nullopt;
}

/// EndpointConditions: endpoints that end, but still serve, count while there is none that is
/// ready.
enum class Readiness { Ready, ServingWhileTerminating };

bool counts(const api::Endpoint& endpoint, Readiness wanted) {
    switch (wanted) {
    case Readiness::Ready:
        return endpoint.ready;
    case Readiness::ServingWhileTerminating:
        return !endpoint.ready && endpoint.serving && endpoint.terminating;
    }
    return false;
}

bool add_endpoints(std::span<const api::EndpointSlice* const> slices,
                   const api::ServicePort& port,
                   Readiness wanted,
                   Collector& collector) {
    bool any = false;
    for (const api::EndpointSlice* slice : slices) {
        const std::optional<std::uint16_t> number = port_in(*slice, port);
        if (!number) continue;
        for (const api::Endpoint& endpoint : slice->endpoints) {
            // The addresses of one endpoint are interchangeable.
            if (endpoint.addresses.empty() || !counts(endpoint, wanted)) continue;
            collector.add(endpoint.addresses.front(), *number);
            any = true;
        }
    }
    return any;
}

void resolve_slices(const Context& context,
                    const api::Service& service,
                    const api::ServicePort& port,
                    Collector& collector) {
    const auto slices = context.snapshot.slices_of(service.meta.ns, service.meta.name);
    if (!add_endpoints(slices, port, Readiness::Ready, collector)) {
        add_endpoints(slices, port, Readiness::ServingWhileTerminating, collector);
    }
    if (slices.empty()) {
        collector.finish(name_of(service) + " has no EndpointSlice",
                         "--backends says how Services without EndpointSlices are reached");
        return;
    }
    const bool has_port = std::any_of(slices.begin(), slices.end(), [&](const auto* slice) {
        return port_in(*slice, port).has_value();
    });
    collector.finish(has_port ? name_of(service) + " has no ready endpoint"
                              : fmt::format("the EndpointSlices of {} have no port named {}",
                                            name_of(service),
                                            base::quote_for_message(port.name)),
                     {});
}

bool is_headless(const api::Service& service) {
    return service.cluster_ip && *service.cluster_ip == "None";
}

bool has_cluster_ip(const api::Service& service) {
    return service.cluster_ip && !service.cluster_ip->empty() && !is_headless(service);
}

void resolve_dns(const Context& context,
                 const api::Service& service,
                 const api::ServicePort& port,
                 Collector& collector) {
    // The name of a headless Service leads to its Pods, where the target port is the one.
    std::optional<std::uint16_t> number = port.port;
    if (is_headless(service) && port.target_port_name) {
        number.reset();
    } else if (is_headless(service)) {
        number = port.target_port.value_or(port.port);
    }
    if (number) {
        collector.add(fmt::format("{}.{}.svc.{}",
                                  service.meta.name,
                                  service.meta.ns,
                                  context.settings.backends.cluster_domain),
                      *number);
    }
    collector.finish(fmt::format("headless {} names its target port, which cannot be known without "
                                 "EndpointSlices",
                                 name_of(service)),
                     "write the number of the target port");
}

void resolve_node_port(const Context& context,
                       const api::Service& service,
                       const api::ServicePort& port,
                       Collector& collector) {
    if (port.node_port) {
        for (const std::string& node : context.settings.backends.node_addresses) {
            collector.add(node, *port.node_port);
        }
    }
    collector.finish(port.node_port ? "no addresses of nodes are known"
                                    : fmt::format("{} has no nodePort", name_of(service)),
                     {});
}

/// Auto: what is certain first. From a cluster, a Service without EndpointSlices has no endpoints.
BackendMode choose_mode(const Context& context, const api::Service& service) {
    const BackendMode mode = context.settings.backends.mode;
    if (mode != BackendMode::Auto) return mode;
    const auto& origins = context.snapshot.origins;
    const bool from_cluster =
        service.meta.origin < origins.size() && origins[service.meta.origin].from_cluster;
    if (from_cluster || !context.snapshot.slices_of(service.meta.ns, service.meta.name).empty()) {
        return BackendMode::Endpoints;
    }
    return has_cluster_ip(service) ? BackendMode::ClusterIp : BackendMode::Dns;
}

void resolve_external_name(const Context& context,
                           const api::Service& service,
                           Resolution& resolution,
                           Collector& collector) {
    if (!context.settings.backends.external_names) {
        resolution.backend.fails = true;
        resolution.findings.push_back(
            {diag::Code::BackendAddressRefused,
             fmt::format("{} is of type ExternalName, which may lead anywhere", name_of(service)),
             "--allow-external-name allows all of them"});
        return;
    }
    if (service.external_name && !service.external_name->empty()) {
        collector.add(*service.external_name, resolution.backend.port);
    }
    collector.finish(name_of(service) + " has no externalName", {});
}

}  // namespace

void resolve_endpoints(const Context& context,
                       const api::Service& service,
                       const api::ServicePort* port,
                       Resolution& resolution) {
    Collector collector(context.settings.backends, resolution);
    if (service.type == "ExternalName") {
        resolve_external_name(context, service, resolution, collector);
        return;
    }
    switch (choose_mode(context, service)) {
    case BackendMode::Auto:
    case BackendMode::Endpoints:
        resolve_slices(context, service, *port, collector);
        return;
    case BackendMode::ClusterIp:
        if (has_cluster_ip(service)) collector.add(*service.cluster_ip, port->port);
        collector.finish(name_of(service) + " has no clusterIP", {});
        return;
    case BackendMode::NodePort:
        resolve_node_port(context, service, *port, collector);
        return;
    case BackendMode::LoadBalancer:
        for (const std::string& address : service.load_balancer) {
            collector.add(address, port->port);
        }
        collector.finish(name_of(service) + " has no address of a load balancer", {});
        return;
    case BackendMode::Dns:
        resolve_dns(context, service, *port, collector);
        return;
    }
}

}  // namespace gatefile::graph
