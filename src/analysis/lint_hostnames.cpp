// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "lint_parts.hpp"

namespace gatefile::analysis {
namespace {

constexpr std::string_view and_more = ", and {} more likewise";

std::string more_text(std::size_t count) {
    return count > 1 ? fmt::format(and_more, count - 1) : std::string();
}

std::string listener_text(const ir::Listener& listener) {
    const ir::ListenerId& source = listener.sources.front();
    return fmt::format(
        "listener {} of {}", base::quote_for_message(source.name), ir::object_of(source).text());
}

std::size_t route_at(const ir::Config& config, const ir::Entry& entry) {
    return config.rules[entry.rule].route;
}

/// What one route has to be told: once, with the first hostname of those that it is about.
struct Finding {
    std::string detail;
    std::size_t count = 0;
};
using Findings = std::map<std::pair<std::size_t, std::size_t>, Finding>;

class Sharing {
public:
    Sharing(const graph::Graph& graph, const ir::Config& config)
        : config_(config), routes_(routes_of(graph, config)) {}

    void look_at(const ir::Listener& listener) {
        std::unordered_map<std::string_view, const ir::Host*> wildcards;
        for (const ir::Host& host : listener.hosts) {
            if (host.hostname.starts_with("*.")) wildcards.emplace(host.hostname, &host);
        }
        for (const ir::Host& host : listener.hosts) {
            if (host.entries.empty()) continue;
            find_shared(listener, host);
            visit_wildcards(host.hostname, [&](const std::string& wildcard) {
                const auto wide = wildcards.find(wildcard);
                if (wide == wildcards.end()) return false;
                find_captured(host, *wide->second);
                return true;
            });
        }
    }

    void report(diag::Diagnostics& diagnostics) const {
        for (const auto& [key, finding] : shared_) {
            diagnostics.add(
                {.code = diag::Code::HostnameShared,
                 .object = object_of(config_.routes[key.first]),
                 .path = path_of(key.first),
                 .detail = finding.detail + more_text(finding.count),
                 .hint = "make sure that both namespaces mean it; of equal matches the older "
                         "route wins, then the first by name"});
        }
        for (const auto& [key, finding] : captured_) {
            diagnostics.add({.code = diag::Code::HostnameCaptured,
                             .object = object_of(config_.routes[key.first]),
                             .path = path_of(key.first),
                             .detail = finding.detail + more_text(finding.count),
                             .hint = "make sure that both namespaces mean it, or narrow "
                                     "allowedRoutes of the listener"});
        }
    }

private:
    const std::string& ns_of(std::size_t route) const { return config_.routes[route].ns; }

    diag::Path path_of(std::size_t route) const {
        return diag::Path(routes_[route]->spec->hostnames.empty() ? "spec" : "spec.hostnames");
    }

    static void add(Findings& findings, std::pair<std::size_t, std::size_t> key, auto make_detail) {
        Finding& finding = findings[key];
        if (finding.count++ == 0) finding.detail = make_detail();
    }

    /// The first route of each further namespace is told of the one that goes first.
    void find_shared(const ir::Listener& listener, const ir::Host& host) {
        const std::size_t first = route_at(config_, host.entries.front());
        std::set<std::string_view> told;
        for (const ir::Entry& entry : host.entries) {
            const std::size_t route = route_at(config_, entry);
            if (ns_of(route) == ns_of(first) || !told.insert(ns_of(route)).second) continue;
            if (!hosts_told_.emplace(route, host.hostname).second) continue;
            add(shared_, {route, first}, [&] {
                return fmt::format("{} serves {} on {}, too",
                                   object_of(config_.routes[first]).text(),
                                   host_text(host.hostname),
                                   listener_text(listener));
            });
        }
    }

    /// By itself, or by leaving out hostnames: then it has its listener's.
    bool wants_wildcard(std::size_t route) const {
        const std::vector<std::string>& hostnames = routes_[route]->spec->hostnames;
        return hostnames.empty() || std::ranges::any_of(hostnames, [](const std::string& name) {
                   return name.starts_with("*.");
               });
    }

    /// The owner of the wildcard is told, unless it has a route of its own for the hostname.
    void find_captured(const ir::Host& narrow, const ir::Host& wide) {
        if (wide.entries.empty()) return;
        const std::size_t owner = route_at(config_, wide.entries.front());
        const std::size_t captor = route_at(config_, narrow.entries.front());
        const bool has_own = std::ranges::any_of(narrow.entries, [&](const ir::Entry& entry) {
            return ns_of(route_at(config_, entry)) == ns_of(owner);
        });
        if (has_own || !wants_wildcard(owner)) return;
        if (!hosts_told_.emplace(owner, narrow.hostname).second) return;
        add(captured_, {owner, owner}, [&] {
            return fmt::format("requests for {} go to {} first, whose hostname is narrower",
                               host_text(narrow.hostname),
                               object_of(config_.routes[captor]).text());
        });
    }

    const ir::Config& config_;
    std::vector<const graph::Route*> routes_;
    Findings shared_;
    Findings captured_;
    /// Several listeners have the same hosts.
    std::set<std::pair<std::size_t, std::string_view>> hosts_told_;
};

/// The listeners of one Gateway by their hostnames.
class GatewayHostnames {
public:
    explicit GatewayHostnames(const graph::Gateway& gateway) {
        for (const graph::Listener& listener : gateway.listeners) {
            if (listener.serves && !listener.hostname.empty())
                listeners_.emplace(listener.hostname, &listener);
        }
    }

    /// The listener on the same port that gets requests for the hostname in place of `listener`.
    const graph::Listener* taker(const graph::Listener& listener, std::string_view hostname) const {
        const graph::Listener* found = at(listener, hostname);
        if (found == nullptr) {
            visit_wildcards(hostname, [&](const std::string& wildcard) {
                found = at(listener, wildcard);
                return found != nullptr;
            });
        }
        const bool narrower =
            found != nullptr && found->hostname != listener.hostname &&
            (!listener.hostname.starts_with("*.") || !found->hostname.starts_with("*.") ||
             found->hostname.size() > listener.hostname.size());
        return narrower ? found : nullptr;
    }

private:
    const graph::Listener* at(const graph::Listener& listener, std::string_view hostname) const {
        const auto [first, last] = listeners_.equal_range(hostname);
        for (auto it = first; it != last; ++it) {
            if (it->second->spec->port == listener.spec->port &&
                it->second->protocol == listener.protocol)
                return it->second;
        }
        return nullptr;
    }

    std::unordered_multimap<std::string_view, const graph::Listener*> listeners_;
};

bool attaches(const graph::Route& route, std::size_t gateway, std::size_t listener) {
    return std::ranges::any_of(route.parents, [&](const graph::Parent& parent) {
        return std::ranges::any_of(parent.attachments, [&](const graph::Attachment& attachment) {
            return attachment.gateway == gateway && attachment.listener == listener;
        });
    });
}

/// Listener isolation: what a narrower listener of the Gateway has never comes to a wider one.
void lint_isolation(const graph::Graph& graph, diag::Diagnostics& diagnostics) {
    std::vector<GatewayHostnames> hostnames;
    hostnames.reserve(graph.gateways.size());
    for (const graph::Gateway& gateway : graph.gateways)
        hostnames.emplace_back(gateway);
    const auto look_at = [&](const graph::Route& route,
                             const graph::Parent& parent,
                             const graph::Attachment& attachment) {
        const graph::Gateway& gateway = graph.gateways[attachment.gateway];
        const graph::Listener& listener = gateway.listeners[attachment.listener];
        for (const graph::EffectiveHostname& host : attachment.hostnames) {
            if (host.hostname.empty()) continue;
            const graph::Listener* taker =
                hostnames[attachment.gateway].taker(listener, host.hostname);
            if (taker == nullptr || attaches(route, attachment.gateway, taker->index)) continue;
            diagnostics.add(
                {.code = diag::Code::RuleShadowed,
                 .object = object_of(api::name_of(route.spec->kind), route.spec->meta),
                 .path = diag::Path("spec.parentRefs") / parent.index,
                 .detail = fmt::format(
                     "requests for {} never come to listener {}: listener {} of {} takes them, "
                     "to which the route is not attached",
                     base::quote_for_message(host.hostname),
                     base::quote_for_message(listener.spec->name),
                     base::quote_for_message(taker->spec->name),
                     graph::owner_of(gateway, *taker).text()),
                 .hint = "attach the route to that listener"});
            return;
        }
    };
    for (const graph::Route& route : graph.routes) {
        for (const graph::Parent& parent : route.parents) {
            if (!parent.accepted) continue;
            for (const graph::Attachment& attachment : parent.attachments)
                look_at(route, parent, attachment);
        }
    }
}

}  // namespace

void lint_hostnames(const graph::Graph& graph,
                    const ir::Config& config,
                    diag::Diagnostics& diagnostics) {
    Sharing sharing(graph, config);
    for (const ir::Listener& listener : config.listeners)
        sharing.look_at(listener);
    sharing.report(diagnostics);
    lint_isolation(graph, diagnostics);
}

}  // namespace gatefile::analysis
