// SPDX-License-Identifier: Apache-2.0
#include "services.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::graph {
namespace {

struct AppProtocol {
    std::string_view name;
    BackendProtocol protocol;
    std::optional<Ability> ability;
};

// KEP-3726 and the names that IANA has for HTTP.
constexpr std::array<AppProtocol, 5> app_protocols = {{
    {"http", BackendProtocol::Http, std::nullopt},
    {"https", BackendProtocol::Https, Ability::AppProtocolHttps},
    {"kubernetes.io/h2c", BackendProtocol::H2c, Ability::AppProtocolH2c},
    {"kubernetes.io/ws", BackendProtocol::Http, Ability::AppProtocolWs},
    {"kubernetes.io/wss", BackendProtocol::Https, Ability::AppProtocolWss},
}};

void fail(Resolution& resolution, Finding finding) {
    resolution.backend.fails = true;
    resolution.findings.push_back(std::move(finding));
}

std::string_view transport_of(BackendUse use) {
    return use == BackendUse::Datagrams ? "UDP" : "TCP";
}

const api::ServicePort*
find_port(const api::Service& service, std::uint16_t port, std::string_view transport) {
    const auto found =
        std::find_if(service.ports.begin(), service.ports.end(), [&](const api::ServicePort& item) {
            return item.port == port && item.protocol == transport;
        });
    return found == service.ports.end() ? nullptr : &*found;
}

std::string list_ports(const api::Service& service, std::string_view transport) {
    constexpr std::size_t shown = 8;
    std::string text;
    for (std::size_t i = 0; i < service.ports.size() && i < shown; ++i) {
        if (!text.empty()) text += ", ";
        text += fmt::format("{}", service.ports[i].port);
        if (service.ports[i].protocol != transport) {
            text += " (" + base::quote_for_message(service.ports[i].protocol) + ")";
        }
    }
    if (service.ports.size() > shown) text += ", ...";
    return text.empty() ? "it has none" : "its ports: " + text;
}

const AppProtocol* find_protocol(const api::ServicePort& port) {
    const auto known = std::ranges::find(
        app_protocols, std::string_view(*port.app_protocol), &AppProtocol::name);
    return known == app_protocols.end() ? nullptr : &*known;
}

/// An appProtocol says how requests are made; bytes pass through whatever they mean.
void resolve_protocol(const Context& context,
                      const api::ServicePort& port,
                      Resolution& resolution) {
    if (!port.app_protocol || port.app_protocol->empty()) return;
    const AppProtocol* known = find_protocol(port);
    const std::string quoted = base::quote_for_message(*port.app_protocol);
    if (known == nullptr) {
        fail(resolution,
             {diag::Code::BackendProtocol,
              fmt::format("appProtocol {} of the Service's port is not supported", quoted),
              "known are http, https, kubernetes.io/h2c, kubernetes.io/ws and kubernetes.io/wss"});
        return;
    }
    resolution.backend.protocol = known->protocol;
    if (!known->ability) return;
    const Answer& answer = context.capabilities.answer(*known->ability);
    if (answer.support == Support::Yes) return;
    if (answer.support == Support::Approximate && context.capabilities.approximate) {
        resolution.findings.push_back({diag::Code::RuleApproximated,
                                       fmt::format("appProtocol {} is served approximately: {}",
                                                   quoted,
                                                   answer.approximation),
                                       std::string(answer.remedy)});
        return;
    }
    fail(resolution,
         {diag::Code::BackendProtocol,
          fmt::format("appProtocol {} is not served: {}", quoted, answer.reason),
          std::string(answer.remedy)});
}

void require_http2(Resolution& resolution) {
    if (resolution.backend.fails || resolution.backend.protocol != BackendProtocol::Http) return;
    fail(resolution,
         {diag::Code::BackendProtocol,
          "gRPC needs HTTP/2, and the Service's port is said to speak HTTP/1.1",
          "leave appProtocol out, or write kubernetes.io/h2c"});
}

/// A Service whose protocol is not said is taken to speak what the route does.
BackendProtocol usual_protocol(BackendUse use) {
    switch (use) {
    case BackendUse::Requests:
        return BackendProtocol::Http;
    case BackendUse::Grpc:
        return BackendProtocol::H2c;
    case BackendUse::Connections:
        return BackendProtocol::Tcp;
    case BackendUse::Datagrams:
        return BackendProtocol::Udp;
    }
    return BackendProtocol::Http;
}

/// Whatever the Service's port says: HTTP/2 or HTTP/1.1 is settled in the TLS handshake. What is
/// passed on as bytes may be encrypted already, so that the policy does not hold for it.
void demand_tls(const BackendTlsPolicies::Hold& hold, BackendUse use, Resolution& resolution) {
    const std::string policy = quoted_name(hold.policy->meta.ns, hold.policy->meta.name);
    Backend& backend = resolution.backend;
    backend.tls = hold.tls;
    if (use == BackendUse::Connections) {
        backend.tls_fails = !hold.tls || !hold.tls->options.empty();
        if (!backend.tls_fails) return;
        resolution.findings.push_back(
            {diag::Code::BackendPolicyInvalid,
             fmt::format("connections that are decrypted here are closed, because BackendTLSPolicy "
                         "{}, which is for this Service, {}",
                         policy,
                         hold.tls ? "has options, to which Traefik can hold requests only"
                                  : "is not valid"),
             {},
             hold.absent});
        return;
    }
    backend.protocol = BackendProtocol::Https;
    if (hold.tls) return;
    fail(resolution,
         {diag::Code::BackendPolicyInvalid,
          fmt::format("requests are answered 500, because BackendTLSPolicy {}, which is for this "
                      "Service, is not valid",
                      policy),
          {},
          hold.absent});
}

}  // namespace

std::uint16_t port_of(const api::Service* service, std::string_view name, std::uint16_t number) {
    if (name.empty()) return number;
    if (service == nullptr) return 0;
    const auto port = std::ranges::find(service->ports, name, &api::ServicePort::name);
    return port == service->ports.end() ? std::uint16_t{0} : port->port;
}

std::vector<const api::Service*>
services_of(const api::Snapshot& snapshot, std::string_view ns, std::string_view name) {
    std::vector<const api::Service*> found;
    if (const api::Service* home = snapshot.find_service(ns, name)) found.push_back(home);
    const auto first = static_cast<std::ptrdiff_t>(found.size());
    for (const api::MemberCluster& member : snapshot.members) {
        if (const api::Service* there = member.objects->find_service(ns, name))
            found.push_back(there);
    }
    std::stable_partition(found.begin() + first, found.end(), [](const api::Service* service) {
        return service->type != "ExternalName";
    });
    return found;
}

std::uint16_t port_in_clusters(const std::vector<const api::Service*>& services,
                               const api::Snapshot& snapshot,
                               std::string_view name,
                               std::uint16_t number) {
    if (name.empty()) return number;
    for (const api::Service* service : services) {
        const std::uint16_t port = port_of(service, name, number);
        const bool is_home = snapshot.find_service(service->meta.ns, service->meta.name) == service;
        if (port != 0 || is_home) return port;
    }
    return 0;
}

namespace {

/// Whether requests for a port of a member can be made as it wants them.
bool can_use(const Context& context, const api::ServicePort& port, BackendUse use) {
    if (use == BackendUse::Connections || use == BackendUse::Datagrams) return true;
    Resolution tried;
    tried.backend.protocol = usual_protocol(use);
    resolve_protocol(context, port, tried);
    if (use == BackendUse::Grpc) require_http2(tried);
    return !tried.backend.fails;
}

}  // namespace

const api::Service* reference_of(const Context& context,
                                 const BackendTlsPolicies& policies,
                                 std::string_view ns,
                                 std::string_view name,
                                 std::uint16_t port,
                                 BackendUse use) {
    if (const api::Service* home = context.snapshot.find_service(ns, name)) return home;
    const auto services = services_of(context.snapshot, ns, name);
    const api::Service* usable = nullptr;
    const api::Service* with_port = nullptr;
    for (const api::Service* service : services) {
        const api::ServicePort* found = find_port(*service, port, transport_of(use));
        if (found == nullptr || service->type == "ExternalName") continue;
        if (with_port == nullptr) with_port = service;
        if (policies.has_section(ns, name, found->name)) return service;
        if (usable == nullptr && can_use(context, *found, use)) usable = service;
    }
    if (usable != nullptr) return usable;
    if (with_port != nullptr) return with_port;
    return services.empty() ? nullptr : services.front();
}

Resolution resolve_service(const Context& context,
                           BackendTlsPolicies& policies,
                           std::string_view ns,
                           std::string_view name,
                           std::uint16_t port,
                           BackendUse use) {
    Resolution resolution;
    resolution.backend.ns = ns;
    resolution.backend.name = name;
    resolution.backend.port = port;
    resolution.backend.protocol = usual_protocol(use);
    const std::string_view transport = transport_of(use);
    const api::Service* service = reference_of(context, policies, ns, name, port, use);
    const api::ServicePort* service_port = service ? find_port(*service, port, transport) : nullptr;
    std::optional<BackendTlsPolicies::Hold> policy;
    if (use != BackendUse::Datagrams) {
        policy = policies.find(ns, name, service_port ? service_port->name : "");
    }
    if (const std::string* url = find_mapped(context.settings.backends, ns, name, port)) {
        resolve_mapped(*url, use, resolution);
        if (policy) demand_tls(*policy, use, resolution);
        if (use == BackendUse::Grpc) require_http2(resolution);
        return resolution;
    }
    if (!service) {
        diag::ObjectRef absent{"Service", std::string(ns), std::string(name)};
        fail(resolution,
             {diag::Code::BackendNotFound,
              fmt::format(
                  "Service {} {}", quoted_name(ns, name), why_absent(context, absent)),
              {},
              std::move(absent)});
        return resolution;
    }
    const bool needs_port = service->type != "ExternalName" || !service->ports.empty();
    if (!service_port && needs_port) {
        fail(resolution,
             {diag::Code::BackendNotFound,
              fmt::format("Service {} has no {} port {}", quoted_name(ns, name), transport, port),
              list_ports(*service, transport)});
        return resolution;
    }
    const bool requests = use == BackendUse::Requests || use == BackendUse::Grpc;
    if (policy) {
        demand_tls(*policy, use, resolution);
    } else if (service_port && requests) {
        resolve_protocol(context, *service_port, resolution);
    }
    if (use == BackendUse::Grpc) require_http2(resolution);
    if (resolution.backend.fails) return resolution;
    if (context.snapshot.members.empty()) {
        resolve_endpoints(context, context.snapshot, *service, service_port, resolution);
    } else {
        const PortNames names =
            policies.has_sections(ns, name) ? PortNames::Count : PortNames::DoNotCount;
        resolve_in_clusters(context, *service, service_port, names, resolution);
    }
    return resolution;
}

}  // namespace gatefile::graph
