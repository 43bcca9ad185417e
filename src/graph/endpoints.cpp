// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "addresses.hpp"
#include "gatefile/base/strings.hpp"
#include "services.hpp"

namespace gatefile::graph {
namespace {

/// Collects endpoints; keeps out what must not be forwarded to.
class Collector {
public:
    /// `refuse_names`: only IP addresses are taken.
    Collector(const BackendSettings& settings, bool refuse_names, Resolution& resolution)
        : refuse_local_(settings.refuse_local_endpoints), refuse_names_(refuse_names),
          resolution_(resolution) {}

    void add(std::string_view host, std::uint16_t port) {
        // Hosts come from tenants and go into URLs.
        if (!is_ip_address(host) && !is_dns_name(host)) {
            refuse(host, "is neither an IP address nor a DNS name");
        } else if (refuse_names_ && !is_ip_address(host)) {
            refuse(host, "is a DNS name, which may lead anywhere");
        } else if (refuse_local_ && is_local_address(host)) {
            refuse(host, "is an address of this host or link");
        } else {
            resolution_.backend.endpoints.push_back({std::string(host), port});
        }
    }

    void note_ending() { resolution_.is_ending = true; }

    /// `nothing` says why there is no endpoint, when none was refused either; called only then.
    template <typename Nothing>
    void finish(Nothing nothing) {
        auto& endpoints = resolution_.backend.endpoints;
        std::sort(endpoints.begin(), endpoints.end());
        endpoints.erase(std::unique(endpoints.begin(), endpoints.end()), endpoints.end());
        if (refused_ > 0) {
            report_refused();
        } else if (endpoints.empty()) {
            resolution_.findings.push_back({diag::Code::BackendNoEndpoints, nothing(), {}});
        }
    }

private:
    void refuse(std::string_view host, std::string_view why) {
        if (refused_++ == 0) {
            first_refusal_ = fmt::format("endpoint {} {}", base::quote_for_message(host), why);
        }
    }

    void report_refused() {
        resolution_.backend.fails = resolution_.backend.endpoints.empty();
        if (refused_ > 1) first_refusal_ += fmt::format(", and {} more like it", refused_ - 1);
        resolution_.findings.push_back(
            {diag::Code::BackendAddressRefused, std::move(first_refusal_), {}});
    }

    bool refuse_local_;
    bool refuse_names_;
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

using Slices = std::span<const api::EndpointSlice* const>;

bool add_endpoints(Slices slices,
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

std::string
why_no_endpoint(Slices slices, const api::Service& service, const api::ServicePort& port) {
    if (slices.empty()) {
        return name_of(service) +
               " has no EndpointSlice; --backends says how else Services may be reached";
    }
    const bool has_port = std::any_of(slices.begin(), slices.end(), [&](const auto* slice) {
        return port_in(*slice, port).has_value();
    });
    if (has_port) return name_of(service) + " has no ready endpoint";
    return fmt::format("the EndpointSlices of {} have no port named {}",
                       name_of(service),
                       base::quote_for_message(port.name));
}

void resolve_slices(Slices slices,
                    const api::Service& service,
                    const api::ServicePort& port,
                    Collector& collector) {
    if (!add_endpoints(slices, port, Readiness::Ready, collector) &&
        add_endpoints(slices, port, Readiness::ServingWhileTerminating, collector)) {
        collector.note_ending();
    }
    collector.finish([&] { return why_no_endpoint(slices, service, port); });
}

bool is_headless(const api::Service& service) {
    return service.cluster_ip && *service.cluster_ip == "None";
}

bool has_cluster_ip(const api::Service& service) {
    return service.cluster_ip && !service.cluster_ip->empty() && !is_headless(service);
}

/// The name of a headless Service leads to its Pods, where the target port is the one.
std::optional<std::uint16_t> port_behind_name(const api::Service& service,
                                              const api::ServicePort& port) {
    if (!is_headless(service)) return port.port;
    if (port.target_port_name) return std::nullopt;
    return port.target_port.value_or(port.port);
}

void resolve_dns(const BackendSettings& settings,
                 const api::Service& service,
                 const api::ServicePort& port,
                 Collector& collector) {
    if (const std::optional<std::uint16_t> number = port_behind_name(service, port)) {
        collector.add(
            fmt::format(
                "{}.{}.svc.{}", service.meta.name, service.meta.ns, settings.cluster_domain),
            *number);
    }
    collector.finish([&] {
        return fmt::format("headless {} names its target port, whose number cannot be known "
                           "without EndpointSlices",
                           name_of(service));
    });
}

void resolve_node_port(const BackendSettings& settings,
                       const api::Service& service,
                       const api::ServicePort& port,
                       Collector& collector) {
    if (port.node_port) {
        for (const std::string& node : settings.node_addresses) {
            collector.add(node, *port.node_port);
        }
    }
    collector.finish([&]() -> std::string {
        if (port.node_port) return "no addresses of nodes are known";
        return name_of(service) + " has no nodePort";
    });
}

/// Auto: what is certain first. From a cluster, a Service without EndpointSlices has no endpoints.
BackendMode choose_mode(BackendMode mode,
                        const api::Snapshot& objects,
                        const api::Service& service,
                        Slices slices) {
    if (mode != BackendMode::Auto) return mode;
    if (objects.from_cluster || !slices.empty()) return BackendMode::Endpoints;
    return has_cluster_ip(service) ? BackendMode::ClusterIp : BackendMode::Dns;
}

void resolve_external_name(const BackendSettings& settings,
                           const api::Service& service,
                           Resolution& resolution,
                           Collector& collector) {
    if (!settings.external_names) {
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
    collector.finish([&] { return name_of(service) + " has no externalName"; });
}

}  // namespace

void resolve_endpoints(const Context& context,
                       const api::Snapshot& objects,
                       const api::Service& service,
                       const api::ServicePort* port,
                       Resolution& resolution) {
    const BackendSettings& settings = context.settings.backends;
    const Slices slices = objects.slices_of(service.meta.ns, service.meta.name);
    const BackendMode mode = choose_mode(settings.mode, objects, service, slices);
    // EndpointSlices of a member are written by who has no right in the home, where its names would
    // be looked up; the addresses of a load balancer are written by the cluster itself.
    const bool is_member = &objects != &context.snapshot;
    Collector collector(settings, is_member && mode != BackendMode::LoadBalancer, resolution);
    if (service.type == "ExternalName") {
        resolve_external_name(settings, service, resolution, collector);
        return;
    }
    switch (mode) {
    case BackendMode::Auto:
    case BackendMode::Endpoints:
        resolve_slices(slices, service, *port, collector);
        return;
    case BackendMode::ClusterIp:
        if (has_cluster_ip(service)) collector.add(*service.cluster_ip, port->port);
        collector.finish([&] { return name_of(service) + " has no clusterIP"; });
        return;
    case BackendMode::NodePort:
        resolve_node_port(settings, service, *port, collector);
        return;
    case BackendMode::LoadBalancer:
        for (const std::string& address : service.load_balancer) {
            collector.add(address, port->port);
        }
        collector.finish([&] { return name_of(service) + " has no address of a load balancer"; });
        return;
    case BackendMode::Dns:
        resolve_dns(settings, service, *port, collector);
        return;
    }
}

}  // namespace gatefile::graph
