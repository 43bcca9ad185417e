// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "words.hpp"

namespace gatefile::properties {
namespace {

void add_gateway(Random& random, const api::Gateway& spec, Cluster& cluster) {
    graph::Gateway& gateway = cluster.graph.gateways.emplace_back();
    gateway.spec = &spec;
    gateway.accepted = true;
    for (const api::Listener& written : spec.listeners) {
        graph::Listener& listener = gateway.listeners.emplace_back();
        listener.spec = &written;
        listener.index = gateway.listeners.size() - 1;
        listener.protocol = written.tls ? graph::Protocol::Https : graph::Protocol::Http;
        listener.hostname = written.hostname.value_or("");
        listener.accepted = true;
        listener.serves = !random.one_in(12);
        for (const Port& port : ports) {
            if (port.port == written.port) listener.entry_point = port.entry_point;
        }
        if (written.tls) listener.certificates = {&cluster.certificate};
    }
}

std::vector<graph::EffectiveHostname> effective(std::string_view listener,
                                                const std::vector<std::string>& hostnames) {
    if (hostnames.empty()) return {{std::string(listener), ""}};
    std::vector<graph::EffectiveHostname> found;
    for (const std::string& written : hostnames) {
        if (auto common = intersect(listener, written)) found.push_back({*common, written});
    }
    return found;
}

void attach(Random& random, const Cluster& cluster, graph::Route& route) {
    for (std::size_t g = 0; g < cluster.graph.gateways.size(); ++g) {
        const graph::Gateway& gateway = cluster.graph.gateways[g];
        graph::Parent& parent = route.parents.emplace_back();
        parent.index = g;
        parent.gateway = g;
        parent.accepted = !random.one_in(8);
        for (const api::ParentRef& ref : route.spec->parent_refs) {
            if (ref.name != gateway.spec->meta.name) continue;
            for (const graph::Listener& listener : gateway.listeners) {
                if (listener.spec->name != ref.section_name) continue;
                auto hostnames = effective(listener.hostname, route.spec->hostnames);
                if (!hostnames.empty())
                    parent.attachments.push_back({g, listener.index, std::move(hostnames)});
            }
        }
    }
}

void add_rule(Random& random,
              const api::HttpRoute& route,
              const api::HttpRouteRule& written,
              graph::Rule& rule) {
    rule.spec = &written;
    rule.valid = !random.one_in(10);
    for (std::size_t i = 0; i < written.matches.size(); ++i)
        rule.match_valid.push_back(!random.one_in(20));
    for (const api::HttpFilter& filter : written.filters)
        rule.filters.push_back({&filter, {}});
    for (const api::HttpBackendRef& ref : written.backend_refs) {
        graph::BackendRef& backend = rule.backends.emplace_back();
        backend.spec = &ref;
        backend.backend.ns = route.meta.ns;
        backend.backend.name = ref.ref.name;
        backend.backend.port = 80;
        backend.backend.endpoints = {{ref.ref.name, 80}};
    }
}

}  // namespace

void add_graph(Random& random, Cluster& cluster) {
    for (const auto& gateway : cluster.gateways)
        add_gateway(random, *gateway, cluster);
    for (const auto& spec : cluster.routes) {
        graph::Route& route = cluster.graph.routes.emplace_back();
        route.spec = spec.get();
        for (const api::HttpRouteRule& written : spec->rules) {
            graph::Rule& rule = route.rules.emplace_back();
            rule.index = route.rules.size() - 1;
            add_rule(random, *spec, written, rule);
        }
        attach(random, cluster, route);
    }
}

std::optional<std::string> intersect(std::string_view listener, std::string_view route) {
    if (ir::hostname_covers(listener, route)) return std::string(route);
    if (ir::hostname_covers(route, listener)) return std::string(listener);
    return std::nullopt;
}

}  // namespace gatefile::properties
