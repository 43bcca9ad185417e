// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "gatefile/base/call_arguments.hpp"
#include "gatefile/ir/match.hpp"
#include "parts.hpp"

namespace gatefile::analysis::migration {

namespace {

struct AskedPath {
    std::string value;
    bool exact = false;
};

/// Whether a match without further conditions takes every request for the path.
bool takes(const api::HttpRouteMatch& match, const AskedPath& asked) {
    if (!match.headers.empty() || !match.query_params.empty() || match.method) return false;
    const api::PathMatch& path = match.path;
    if (path.type == api::PathMatchType::Exact) return asked.exact && path.value == asked.value;
    if (path.type != api::PathMatchType::PathPrefix) return false;
    std::string prefix = path.value;
    while (prefix.ends_with('/'))
        prefix.pop_back();
    if (!asked.value.starts_with(prefix)) return false;
    return asked.value.size() == prefix.size() || asked.value[prefix.size()] == '/';
}

/// Where requests for a foreign route come in.
struct Entrance {
    std::string name;         ///< empty: any
    std::optional<bool> tls;  ///< nothing: it may be with or without
};

/// Those of the route; what a default one redirects is nobody's.
std::vector<Entrance> entrances_of(const api::ForeignRoute& route,
                                   const MigrationSettings& settings) {
    std::vector<Entrance> found;
    bool plain = false;
    for (const MigrationEntryPoint& known : settings.entry_points) {
        const bool is_named = std::ranges::find(route.entry_points, known.name) !=
                              route.entry_points.end();
        // With TLS of its own and no entry point it is meant for those that have TLS.
        const bool is_default = route.entry_points.empty() && known.is_default &&
                                (!route.tls || known.tls);
        // Plain ones are alike to clients: who has one of them has moved.
        const bool is_plain = is_default && !route.tls && !known.tls;
        plain = plain || is_plain;
        if (is_named || (is_default && !is_plain))
            found.push_back({known.name, route.tls || known.tls});
    }
    if (plain) found.push_back({{}, false});
    for (const std::string& name : route.entry_points) {
        if (std::ranges::find(found, name, &Entrance::name) == found.end())
            found.push_back({name, route.tls ? std::optional(true) : std::nullopt});
    }
    if (found.empty()) found.push_back({{}, route.tls});
    return found;
}

bool is_of(const graph::Listener& listener, const Entrance& entrance) {
    if (!listener.serves) return false;
    if (!entrance.name.empty() && listener.entry_point != entrance.name) return false;
    return !entrance.tls || *entrance.tls == (listener.protocol == graph::Protocol::Https);
}

/// Whether the route has the host where the foreign one is.
bool has_host(const graph::Graph& graph,
              const graph::Route& route,
              const Entrance& entrance,
              std::string_view host) {
    for (const graph::Parent& parent : route.parents) {
        if (!parent.accepted) continue;
        for (const graph::Attachment& at : parent.attachments) {
            const auto& listeners = graph.gateways[at.gateway].listeners;
            if (!is_of(listeners[at.listener], entrance)) continue;
            for (const graph::EffectiveHostname& name : at.hostnames) {
                const bool covers = host.empty() ? name.hostname.empty()
                                                 : ir::hostname_covers(name.hostname, host);
                if (covers) return true;
            }
        }
    }
    return false;
}

/// What sends clients elsewhere takes nothing over.
bool redirects(const graph::Rule& rule) {
    return std::ranges::any_of(rule.spec->filters, [](const api::HttpFilter& filter) {
        return std::holds_alternative<api::RequestRedirect>(filter);
    });
}

std::string covering(const graph::Graph& graph,
                     const Entrance& entrance,
                     std::string_view host,
                     const AskedPath& asked) {
    for (const graph::Route& route : graph.routes) {
        if (route.spec->kind != api::RouteKind::Http ||
            !has_host(graph, route, entrance, host)) {
            continue;
        }
        for (const graph::Rule& rule : route.rules) {
            const bool takes_it =
                rule.valid && !redirects(rule) &&
                std::ranges::any_of(rule.spec->matches,
                                    [&](const auto& match) { return takes(match, asked); });
            if (takes_it) return "HTTPRoute " + text_of(route.spec->meta);
        }
    }
    return {};
}

/// The paths that a rule of an IngressRoute names; "/" where it names none.
std::vector<AskedPath> paths_in(std::string_view match) {
    std::vector<AskedPath> paths;
    for (std::string& path : base::call_arguments(match, "PathPrefix"))
        paths.push_back({std::move(path), false});
    for (std::string& path : base::call_arguments(match, "Path"))
        paths.push_back({std::move(path), true});
    if (paths.empty()) paths.push_back({"/", false});
    return paths;
}

bool is_in_listener(const graph::Graph& graph, std::string_view ns, std::string_view secret) {
    for (const graph::Gateway& gateway : graph.gateways) {
        for (const graph::Listener& listener : gateway.listeners) {
            if (!listener.spec->tls) continue;
            const std::string& owner = graph::owner_meta(gateway, listener).ns;
            for (const api::ObjectReference& ref : listener.spec->tls->certificate_refs) {
                if (ref.name == secret && ref.ns.value_or(owner) == ns) return true;
            }
        }
    }
    return false;
}

void note_annotations(const api::ForeignRoute& route, std::vector<std::string>& out) {
    for (const auto& [key, value] : route.annotations) {
        if (key.starts_with("traefik.ingress.kubernetes.io/router.middlewares")) {
            out.push_back(fmt::format(
                "the annotation router.middlewares ({}) becomes filters, or ExtensionRefs to "
                "Middlewares of the route's namespace",
                value));
        } else if (key == "traefik.ingress.kubernetes.io/router.priority") {
            out.push_back(
                "the annotation router.priority has no equal: the most specific match wins");
        } else if (key == "traefik.ingress.kubernetes.io/router.pathmatcher") {
            out.push_back(fmt::format(
                "the annotation router.pathmatcher: {} becomes the match's type", value));
        } else if (key.starts_with("nginx.ingress.kubernetes.io/")) {
            out.push_back(fmt::format(
                "{} is not an annotation of Traefik's; what it does has to be written as a filter",
                key));
        } else if (key.starts_with("cert-manager.io/")) {
            out.push_back(fmt::format(
                "{} goes to the Gateway: cert-manager makes the Secret for its listeners", key));
        } else if (key.starts_with("external-dns.alpha.kubernetes.io/")) {
            out.push_back(fmt::format(
                "{}: external-dns reads routes only with --source=gateway-httproute", key));
        }
    }
}

void note_tls(const graph::Graph& graph,
              const api::ForeignRoute& route,
              std::vector<std::string>& out) {
    for (const std::string& secret : route.tls_secrets) {
        if (is_in_listener(graph, route.object.ns, secret)) continue;
        out.push_back(fmt::format("the certificate of Secret {}/{} is in no listener's "
                                  "certificateRefs (from another namespace they need a "
                                  "ReferenceGrant)",
                                  route.object.ns,
                                  secret));
    }
    if (!route.tls_options.empty()) {
        out.push_back(fmt::format("the TLS options {} become tls.options of the listener; until it "
                                  "is removed they hold for the routes of the host, too",
                                  route.tls_options));
    }
    if (!route.cert_resolver.empty()) {
        out.push_back(fmt::format("the certificate resolver {} becomes the listener's option "
                                  "gatefile.dev/cert-resolver",
                                  route.cert_resolver));
    }
}

void note_ingress_paths(const api::ForeignRoute& route, std::vector<std::string>& out) {
    bool prefix = false;
    bool unspecific = false;
    bool hostless = false;
    bool wildcard = false;
    for (const api::ForeignRule& rule : route.rules) {
        prefix |= rule.path_type == "Prefix" && rule.path.size() > 1;
        unspecific |= rule.path_type == "ImplementationSpecific" || rule.path_type.empty();
        hostless |= rule.hosts.empty();
        wildcard |= !rule.hosts.empty() && rule.hosts.front().starts_with("*.");
    }
    if (prefix) {
        out.push_back(
            "pathType Prefix compares bytes in Traefik (/shop takes /shopping, unless "
            "strictPrefixMatching is set); PathPrefix of an HTTPRoute takes whole segments");
    }
    if (unspecific) {
        out.push_back("pathType ImplementationSpecific is a prefix in Traefik: write PathPrefix");
    }
    if (hostless) {
        out.push_back("a rule without host becomes a route without hostnames, which takes every "
                      "host of the listener");
    }
    if (wildcard) {
        out.push_back(
            "a wildcard host is one label for Traefik and any number of labels for a Gateway");
    }
    if (route.has_default_backend) {
        out.push_back("defaultBackend becomes a route without hostnames");
    }
}

void note_rules(const api::ForeignRoute& route, std::vector<std::string>& out) {
    for (const api::ForeignRule& rule : route.rules) {
        for (const std::string_view matcher :
             {"ClientIP", "HeaderRegexp", "QueryRegexp", "HostRegexp", "PathRegexp"}) {
            if (rule.match.find(std::string(matcher) + "(") == std::string::npos) continue;
            out.push_back(fmt::format(
                "{}() in {}: {}",
                matcher,
                rule.match,
                matcher == "ClientIP" ? "has no equal; an ipAllowList Middleware by ExtensionRef "
                                        "refuses, and does not fall through to another route"
                : matcher == "HostRegexp" ? "has no equal but wildcard hostnames"
                                          : "becomes a match of type RegularExpression"));
        }
        if (rule.match.find('!') != std::string::npos) {
            out.push_back(
                fmt::format("! in {}: matches of an HTTPRoute cannot be negated", rule.match));
        }
        for (const std::string& middleware : rule.middlewares) {
            out.push_back(fmt::format(
                "Middleware {} becomes a filter, or an ExtensionRef of the route's namespace",
                middleware));
        }
    }
}

}  // namespace

std::vector<MigrationPath> find_paths(const graph::Graph& graph,
                                      const api::ForeignRoute& route,
                                      const MigrationSettings& settings) {
    const std::vector<Entrance> entrances = entrances_of(route, settings);
    std::vector<MigrationPath> found;
    const auto add = [&](const std::string& host,
                         const std::string& shown,
                         const std::vector<AskedPath>& asked) {
        std::string by;
        for (const Entrance& entrance : entrances) {
            for (const AskedPath& path : asked) {
                by = covering(graph, entrance, host, path);
                if (by.empty()) break;
            }
            if (by.empty()) break;
        }
        found.push_back({.object = route.object.text(),
                         .host = host,
                         .path = shown,
                         .covered_by = by,
                         .foreign_wins = !settings.wins || by.empty()});
    };
    for (const api::ForeignRule& rule : route.rules) {
        const std::vector<AskedPath> asked =
            rule.match.empty()
                ? std::vector<AskedPath>{{rule.path.empty() ? "/" : rule.path,
                                          rule.path_type == "Exact"}}
                : paths_in(rule.match);
        const std::string& shown = rule.match.empty() ? asked.front().value : rule.match;
        if (rule.hosts.empty()) add({}, shown, asked);
        for (const std::string& host : rule.hosts)
            add(host, shown, asked);
    }
    if (route.has_default_backend) add({}, "/", {{"/", false}});
    return found;
}

std::vector<std::string> differences(const graph::Graph& graph, const api::ForeignRoute& route) {
    std::vector<std::string> out;
    note_annotations(route, out);
    note_tls(graph, route, out);
    if (route.object.kind == "Ingress") {
        note_ingress_paths(route, out);
    } else {
        note_rules(route, out);
    }
    return out;
}

}  // namespace gatefile::analysis::migration
