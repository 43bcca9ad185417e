// SPDX-License-Identifier: Apache-2.0
#include "composites.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "services.hpp"

namespace gatefile::graph {
namespace {

/// Each level is one more service that Traefik runs a request through.
constexpr std::size_t deepest = 16;

Finding unusable(std::string detail) {
    return {diag::Code::ExtensionUnusable, std::move(detail) + ", so requests get an error", {}};
}

/// Several ways may lead to one object, and many to many: each is told of once, and of those that
/// do no harm not all.
void add_finding(Finding finding, bool harmful, std::vector<Finding>& findings) {
    constexpr std::size_t most = 50;
    if (findings.size() >= most && !harmful) return;
    const bool told = std::ranges::any_of(findings, [&](const Finding& other) {
        return other.code == finding.code && other.detail == finding.detail;
    });
    if (!told) findings.push_back(std::move(finding));
}

bool is_tls(const Backend& backend) {
    return backend.protocol == BackendProtocol::Https;
}

/// As Traefik's own provider: what is said, else by the port's number or name.
void choose_protocol(const api::TraefikService::Ref& ref,
                     const api::Service* service,
                     std::uint16_t port,
                     BackendUse use,
                     Backend& backend) {
    if (backend.fails || backend.tls) return;
    if (ref.scheme == "https") backend.protocol = BackendProtocol::Https;
    if (ref.scheme == "h2c") backend.protocol = BackendProtocol::H2c;
    if (ref.scheme == "http") backend.protocol = BackendProtocol::Http;
    if (!ref.scheme.empty() || service == nullptr || use == BackendUse::Grpc) return;
    const auto found = std::ranges::find(service->ports, port, &api::ServicePort::port);
    if (found == service->ports.end() || found->app_protocol) return;
    if (port == 443 || found->name.starts_with("https")) backend.protocol = BackendProtocol::Https;
}

}  // namespace

const Resolution&
CompositeResolver::resolve(std::string_view ns, std::string_view name, BackendUse use) {
    Walk walk{.use = use};
    const Known& found = look_up(ns, name, walk);
    for (const std::string& service : found.services)
        policies_.note_use(ns, service);
    return found.resolution;
}

const CompositeResolver::Known&
CompositeResolver::look_up(std::string_view ns, std::string_view name, Walk& walk) {
    const Key key(ns, name, walk.use);
    if (const auto known = known_.find(key); known != known_.end()) return known->second;
    Known made = expand(ns, name, walk);
    if (walk.too_deep && !walk.open.empty()) return failed_ = std::move(made);
    return known_.emplace(key, std::move(made)).first->second;
}

CompositeResolver::Known
CompositeResolver::expand(std::string_view ns, std::string_view name, Walk& walk) {
    Known made;
    Backend& backend = made.resolution.backend;
    backend.ns = ns;
    backend.name = name;
    backend.protocol = walk.use == BackendUse::Grpc ? BackendProtocol::H2c : BackendProtocol::Http;
    const auto fail = [&](Finding finding) {
        backend.fails = true;
        made.resolution.findings.push_back(std::move(finding));
        return std::move(made);
    };
    const api::TraefikService* service = context_.snapshot.find_traefik_service(ns, name);
    if (service == nullptr) {
        const diag::ObjectRef absent{"TraefikService", std::string(ns), std::string(name)};
        return fail({diag::Code::BackendNotFound,
                     fmt::format("TraefikService {} {}",
                                 quoted_name(ns, name),
                                 why_absent(context_, absent)),
                     "add the TraefikService, mend it where it is refused, or correct name and "
                     "namespace of the reference",
                     absent});
    }
    if (std::ranges::find(walk.open, name) != walk.open.end()) {
        return fail(
            unusable(fmt::format("TraefikService {} leads back to itself", quoted_name(ns, name))));
    }
    if (walk.open.size() >= deepest) {
        walk.too_deep = true;
        return fail(
            unusable(fmt::format("TraefikServices are nested more than {} deep here", deepest)));
    }
    walk.open.push_back(service->meta.name);
    auto composite = std::make_shared<Composite>();
    composite->spec = service;
    for (const api::TraefikService::Ref& ref : service->refs) {
        if (add_part(*service, ref, walk, *composite, made)) continue;
        backend.fails = true;
        break;
    }
    walk.open.pop_back();
    if (backend.fails) return made;
    if (std::ranges::any_of(composite->parts, is_tls, &Composite::Part::backend)) {
        backend.protocol = BackendProtocol::Https;
    }
    backend.composite = std::move(composite);
    return made;
}

/// False when it cannot be served; the findings say why.
bool CompositeResolver::add_part(const api::TraefikService& service,
                                 const api::TraefikService::Ref& ref,
                                 Walk& walk,
                                 Composite& composite,
                                 Known& into) {
    Resolution resolution = resolve_part(service, ref, walk, into);
    std::vector<Finding>& findings = into.resolution.findings;
    for (Finding& finding : resolution.findings) {
        if (!ref.is_composite) {
            finding.detail = fmt::format("TraefikService {} {}: {}",
                                         quoted_name(service.meta.ns, service.meta.name),
                                         ref.path,
                                         finding.detail);
        }
        add_finding(std::move(finding), resolution.backend.fails, findings);
    }
    if (resolution.backend.fails) return false;
    Composite::Part part{.spec = &ref, .backend = std::move(resolution.backend), .middlewares = {}};
    for (const std::string& name : ref.middlewares) {
        const ResolvedExtension& found = extensions_.resolve(service.meta.ns, name);
        for (const Finding& finding : found.findings)
            add_finding(finding, found.fails, findings);
        if (found.fails) return false;
        part.middlewares.insert(part.middlewares.end(), found.chain.begin(), found.chain.end());
    }
    composite.parts.push_back(std::move(part));
    return true;
}

Resolution CompositeResolver::resolve_part(const api::TraefikService& service,
                                           const api::TraefikService::Ref& ref,
                                           Walk& walk,
                                           Known& into) {
    const std::string_view ns = service.meta.ns;
    if (ref.is_composite) {
        const Known& inner = look_up(ns, ref.name, walk);
        into.services.insert(into.services.end(), inner.services.begin(), inner.services.end());
        std::ranges::sort(into.services);
        const auto repeated = std::ranges::unique(into.services);
        into.services.erase(repeated.begin(), repeated.end());
        return inner.resolution;
    }
    const auto targets = services_of(context_.snapshot, ns, ref.name);
    const std::uint16_t port =
        port_in_clusters(targets, context_.snapshot, ref.port_name, ref.port);
    into.services.push_back(ref.name);
    if (!targets.empty() && port == 0) {
        Resolution nowhere;
        nowhere.backend.fails = true;
        nowhere.findings.push_back({diag::Code::BackendNotFound,
                                    fmt::format("Service {} has no port of the name {}",
                                                quoted_name(ns, ref.name),
                                                base::quote_for_message(ref.port_name)),
                                    {}});
        return nowhere;
    }
    if (walk.use == BackendUse::Grpc && ref.scheme == "http") {
        Resolution clear;
        clear.backend.fails = true;
        clear.findings.push_back({diag::Code::BackendProtocol,
                                  fmt::format("scheme \"http\" of Service {} is HTTP/1.1, which "
                                              "carries no gRPC",
                                              quoted_name(ns, ref.name)),
                                  "leave scheme out, or write h2c"});
        return clear;
    }
    Resolution resolution = resolve_service(context_, policies_, ns, ref.name, port, walk.use);
    choose_protocol(ref,
                    reference_of(context_, policies_, ns, ref.name, port, walk.use),
                    port,
                    walk.use,
                    resolution.backend);
    return resolution;
}

}  // namespace gatefile::graph
