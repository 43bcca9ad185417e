// SPDX-License-Identifier: Apache-2.0
#include "gatefile/analysis/lint.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/base/x509.hpp"
#include "references.hpp"

namespace gatefile::analysis {

namespace {

diag::ObjectRef object_of(std::string_view kind, const api::Meta& meta) {
    return {std::string(kind), meta.ns, meta.name};
}

/// A grant to kinds that are not read here may well be used; nothing can be said about it.
bool only_known_kinds(const api::ReferenceGrant& grant) {
    constexpr std::string_view known[] = {
        "Gateway", "ListenerSet", "HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"};
    return std::ranges::all_of(grant.from, [&](const api::ReferenceGrant::From& from) {
        return std::ranges::find(known, from.kind) != std::end(known);
    });
}

std::string grant_hint(const api::ReferenceGrant& grant) {
    const bool by_set = !grant.from.empty() && grant.from.front().kind == "ListenerSet";
    for (const api::ReferenceGrant::To& to : grant.to) {
        if (to.kind == "Secret") {
            return fmt::format("name the Secret in tls.certificateRefs of a listener of the {} "
                               "({{kind: Secret, namespace: {}, name: {}}}), or remove the grant",
                               by_set ? "ListenerSet" : "Gateway",
                               grant.meta.ns,
                               to.name.value_or("..."));
        }
    }
    return "make the reference that it permits, or remove the grant";
}

void lint_grants(const graph::Graph& graph, diag::Diagnostics& diagnostics) {
    const std::vector<Reference> references = cross_namespace_references(*graph.snapshot);
    for (const api::ReferenceGrant& grant : graph.snapshot->reference_grants) {
        if (!only_known_kinds(grant)) continue;
        bool used = false;
        for (const Reference& reference : references)
            used = used || permits(grant, reference);
        if (used) continue;
        diagnostics.add({.code = diag::Code::GrantUnused,
                         .object = object_of("ReferenceGrant", grant.meta),
                         .path = diag::Path("spec.to"),
                         .detail = "nothing makes a reference that this grant permits",
                         .hint = grant_hint(grant)});
    }
}

void lint_validity(const graph::Gateway& gateway,
                   const graph::Listener& listener,
                   base::Timestamp now,
                   diag::Diagnostics& diagnostics) {
    for (const api::Secret* secret : listener.certificates) {
        const base::Certificate& certificate = secret->key_pair().certificate;
        const bool expired = certificate.not_after < now;
        if (!expired && certificate.not_before <= now) continue;
        diagnostics.add(
            {.code = diag::Code::CertificateExpired,
             .object = graph::owner_of(gateway, listener),
             .path = diag::Path("spec.listeners") / listener.spec_index / "tls" / "certificateRefs",
             .detail = fmt::format(
                 "the certificate in Secret {}/{} {} {}",
                 secret->meta.ns,
                 secret->meta.name,
                 expired ? "expired at" : "is not valid before",
                 base::format_rfc3339(expired ? certificate.not_after : certificate.not_before)),
             .hint = expired ? "it is served all the same; renew it"
                             : "it is served all the same; look at the clocks",
             .listener = listener.spec->name});
    }
}

std::string names_of(const graph::Listener& listener) {
    std::vector<std::string> names;
    for (const api::Secret* secret : listener.certificates) {
        const auto& of_one = secret->key_pair().certificate.dns_names;
        names.insert(names.end(), of_one.begin(), of_one.end());
    }
    std::string text;
    for (const std::string& name : names) {
        text += (text.empty() ? "" : ", ") + base::quote_for_message(name);
    }
    return text.empty() ? "no DNS name at all" : text;
}

bool covers(std::string_view listener, std::string_view host) {
    if (listener.starts_with("*.") && host.ends_with(listener.substr(1))) return true;
    return !listener.empty() && listener == host;
}

/// Listener isolation: a more specific listener of the same port takes the hostname.
bool taken_elsewhere(const graph::Gateway& gateway,
                     const graph::Listener& listener,
                     std::string_view host) {
    for (const graph::Listener& other : gateway.listeners) {
        const bool narrower =
            !other.hostname.starts_with("*.") || other.hostname.size() > listener.hostname.size();
        if (&other != &listener && other.serves && other.spec->port == listener.spec->port &&
            narrower && covers(other.hostname, host)) {
            return true;
        }
    }
    return false;
}

bool covered(const graph::Listener& listener, std::string_view hostname) {
    for (const api::Secret* secret : listener.certificates) {
        if (base::covers_hostname(secret->key_pair().certificate, hostname)) return true;
    }
    return false;
}

/// The index of the hostname in the route's own list, for the path.
std::optional<std::size_t> written_index(const api::Route& route, std::string_view written) {
    for (std::size_t i = 0; i < route.hostnames.size(); ++i) {
        if (base::equals_ignoring_case(route.hostnames[i], written)) return i;
    }
    return std::nullopt;
}

template <typename AnyRoute>
void lint_coverage(const graph::Graph& graph,
                   const AnyRoute& route,
                   diag::Diagnostics& diagnostics) {
    std::set<std::pair<std::string, std::string>> said;
    for (const graph::Parent& parent : route.parents) {
        for (const graph::Attachment& attachment : parent.attachments) {
            const graph::Gateway& gateway = graph.gateways[attachment.gateway];
            const graph::Listener& listener = gateway.listeners[attachment.listener];
            if (listener.certificates.empty()) continue;
            for (const graph::EffectiveHostname& host : attachment.hostnames) {
                if (host.hostname.empty() || taken_elsewhere(gateway, listener, host.hostname) ||
                    covered(listener, host.hostname))
                    continue;
                const std::string where = fmt::format(
                    "{} listener {}", owner_of(gateway, listener).text(), listener.spec->name);
                if (!said.emplace(where, host.hostname).second) continue;
                diag::Path path("spec.hostnames");
                if (const auto index = written_index(*route.spec, host.written))
                    path = path / *index;
                diagnostics.add(
                    {.code = diag::Code::CertificateNotCovering,
                     .object = object_of(api::name_of(route.spec->kind), route.spec->meta),
                     .path = host.written.empty() ? diag::Path("spec") : path,
                     .detail = fmt::format("no certificate of {} covers {}; they are for {}",
                                           where,
                                           base::quote_for_message(host.hostname),
                                           names_of(listener)),
                     .hint = "clients will refuse the connection; add the Secret with its "
                             "certificate to the listener's tls.certificateRefs"});
            }
        }
    }
}

void lint_verification(const graph::Graph& graph,
                       const graph::Route& route,
                       diag::Diagnostics& diagnostics) {
    if (!graph.capabilities.backends_unverified) return;
    for (const graph::Rule& rule : route.rules) {
        for (std::size_t i = 0; i < rule.backends.size(); ++i) {
            const graph::Backend& backend = rule.backends[i].backend;
            // A policy's backends have a transport of their own.
            if (backend.protocol != graph::BackendProtocol::Https || backend.tls) continue;
            diagnostics.add(
                {.code = diag::Code::EntryPointAlters,
                 .object = object_of(api::name_of(route.spec->kind), route.spec->meta),
                 .path = diag::Path("spec.rules") / rule.index / "backendRefs" / i,
                 .detail = "Traefik's serversTransport.insecureSkipVerify is set, so the backend's "
                           "certificate is not verified",
                 .hint = "take it out of Traefik's static configuration"});
        }
    }
}

}  // namespace

void lint(const graph::Graph& graph, base::Timestamp now, diag::Diagnostics& diagnostics) {
    lint_grants(graph, diagnostics);
    for (const graph::Gateway& gateway : graph.gateways) {
        for (const graph::Listener& listener : gateway.listeners) {
            lint_validity(gateway, listener, now, diagnostics);
        }
    }
    for (const graph::Route& route : graph.routes) {
        lint_coverage(graph, route, diagnostics);
        lint_verification(graph, route, diagnostics);
    }
    for (const graph::StreamRoute& route : graph.tls_routes) {
        lint_coverage(graph, route, diagnostics);
    }
}

}  // namespace gatefile::analysis
