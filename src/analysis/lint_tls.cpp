// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "lint_parts.hpp"

namespace gatefile::analysis {
namespace {

/// Which names the published certificates are for; Traefik looks in one store for all listeners.
class Store {
public:
    explicit Store(const ir::Config& config) {
        for (const ir::Certificate& certificate : config.certificates)
            names_.insert(certificate.names.begin(), certificate.names.end());
    }

    bool has(std::string_view hostname) const {
        if (names_.contains(hostname)) return true;
        const std::size_t dot = hostname.find('.');
        return !hostname.starts_with("*.") && dot != hostname.npos &&
               names_.contains("*" + std::string(hostname.substr(dot)));
    }

private:
    std::set<std::string, std::less<>> names_;
};

bool has_resolver(const ir::Tls& tls) {
    return std::ranges::any_of(tls.options, [](const auto& option) {
        return option.first == "gatefile.dev/cert-resolver";
    });
}

const graph::Listener* find_listener(const graph::Gateway& gateway, const ir::ListenerId& id) {
    for (const graph::Listener& listener : gateway.listeners) {
        const bool of_set = listener.set != nullptr;
        if (listener.spec->name == id.name && of_set != id.set.empty() &&
            (!of_set || (listener.set->meta.ns == id.set_ns && listener.set->meta.name == id.set)))
            return &listener;
    }
    return nullptr;
}

class DefaultCertificates {
public:
    DefaultCertificates(const graph::Graph& graph,
                        const ir::Config& config,
                        diag::Diagnostics& diagnostics)
        : graph_(graph), store_(config), diagnostics_(diagnostics) {}

    void look_at(const ir::Listener& listener) {
        if (!listener.tls || has_resolver(*listener.tls)) return;
        for (const ir::Host& host : listener.hosts) {
            if (host.entries.empty() || store_.has(host.hostname)) continue;
            report(listener, host.hostname);
        }
    }

private:
    /// A listener whose own certificates are for other names is told so already.
    void report(const ir::Listener& listener, const std::string& hostname) {
        for (const ir::ListenerId& source : listener.sources) {
            const auto gateway =
                std::ranges::find_if(graph_.gateways, [&](const graph::Gateway& one) {
                    return one.spec->meta.ns == source.gateway_ns &&
                           one.spec->meta.name == source.gateway;
                });
            if (gateway == graph_.gateways.end()) continue;
            const graph::Listener* from = find_listener(*gateway, source);
            if (from == nullptr || (!hostname.empty() && !covered(*from, hostname))) continue;
            if (!told_.insert(from).second) continue;
            diag::Diagnostic found = certificate_place(*gateway, *from);
            found.code = diag::Code::DefaultCertificate;
            found.detail =
                hostname.empty()
                    ? "clients that ask for a name that no certificate is for, or for none, get "
                      "one of Traefik's own making, and a route serves them"
                    : fmt::format("clients that ask for {} get a certificate of Traefik's own "
                                  "making: that of the listener is not published",
                                  base::quote_for_message(hostname));
            found.hint = hostname.empty() ? "give the route hostnames, or choose a certificate "
                                            "with --default-certificate"
                                          : "use one certificate per DNS name, so that none has "
                                            "to give way";
            diagnostics_.add(std::move(found));
        }
    }

    const graph::Graph& graph_;
    Store store_;
    diag::Diagnostics& diagnostics_;
    std::set<const graph::Listener*> told_;
};

bool same_settings(const ir::Tls& a, const ir::Tls& b) {
    return a.options == b.options && a.client_validation == b.client_validation;
}

/// Clients that have a connection to one of the hostnames use it for the other (HTTP/2) when its
/// certificate is for both.
bool share_certificate(const ir::Config& config, const ir::Listener& a, const ir::Listener& b) {
    const auto covers_both = [&](std::size_t index) {
        const auto covers_one = [&](const std::string& hostname) {
            const std::size_t dot = hostname.find('.');
            return std::ranges::any_of(
                config.certificates[index].names, [&](const std::string& name) {
                    return name == hostname ||
                           (name.starts_with("*.") && dot != hostname.npos &&
                            name.compare(1, name.npos, hostname, dot, hostname.npos) == 0);
                });
        };
        return covers_one(a.hostname) && (b.hostname.empty() || covers_one(b.hostname));
    };
    return std::ranges::any_of(a.tls->certificates, covers_both) ||
           std::ranges::any_of(b.tls->certificates, covers_both);
}

diag::Path path_of(const graph::Graph& graph, const ir::ListenerId& source) {
    const diag::Path listeners("spec.listeners");
    for (const graph::Gateway& gateway : graph.gateways) {
        const api::Meta& meta = gateway.spec->meta;
        if (meta.ns != source.gateway_ns || meta.name != source.gateway) continue;
        const graph::Listener* listener = find_listener(gateway, source);
        if (listener != nullptr) return listeners / listener->spec_index;
    }
    return listeners;
}

void lint_options(const graph::Graph& graph,
                  const ir::Config& config,
                  diag::Diagnostics& diagnostics) {
    std::map<std::string_view, std::unordered_map<std::string_view, const ir::Listener*>> doors;
    for (const ir::Listener& listener : config.listeners) {
        if (listener.tls) doors[listener.entry_point].emplace(listener.hostname, &listener);
    }
    for (const ir::Listener& listener : config.listeners) {
        if (!listener.tls || listener.hostname.empty()) continue;
        const auto& door = doors.at(listener.entry_point);
        const ir::Listener* wide = nullptr;
        const auto try_name = [&](std::string_view name) {
            const auto at = door.find(name);
            const bool differs = at != door.end() &&
                                 !same_settings(*at->second->tls, *listener.tls) &&
                                 share_certificate(config, listener, *at->second);
            if (differs) wide = at->second;
            return differs;
        };
        visit_wildcards(listener.hostname, try_name);
        if (wide == nullptr && !try_name("")) continue;
        for (const ir::ListenerId& source : listener.sources) {
            diagnostics.add(
                {.code = diag::Code::TlsOptionsDiffer,
                 .object = ir::object_of(source),
                 .path = path_of(graph, source),
                 .detail = fmt::format(
                     "listener {} of {} covers {}, too, and asks for other TLS options; one "
                     "certificate is for both, so clients use a connection to the one for the "
                     "other, which is answered 421",
                     base::quote_for_message(wide->sources.front().name),
                     ir::object_of(wide->sources.front()).text(),
                     base::quote_for_message(listener.hostname)),
                 .hint = "give both listeners the same options, or each a certificate that is not "
                         "for the other's hostname",
                 .listener = source.name});
        }
    }
}

}  // namespace

void lint_tls(const graph::Graph& graph,
              const ir::Config& config,
              bool has_default_certificate,
              diag::Diagnostics& diagnostics) {
    if (!has_default_certificate) {
        DefaultCertificates defaults(graph, config, diagnostics);
        for (const ir::Listener& listener : config.listeners)
            defaults.look_at(listener);
    }
    lint_options(graph, config, diagnostics);
}

}  // namespace gatefile::analysis
