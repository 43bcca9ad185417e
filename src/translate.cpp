// SPDX-License-Identifier: Apache-2.0
#include "gatefile/gatefile.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "gatefile/analysis/lint.hpp"
#include "gatefile/api/snapshot.hpp"
#include "gatefile/ir/lower.hpp"
#include "gatefile/traefik/capabilities.hpp"
#include "gatefile/traefik/published_text.hpp"

namespace gatefile {

namespace {

/// Rules that forward or redirect, and hostnames of streams that lead somewhere; what only answers
/// an error or is closed does not count as served.
std::size_t served_rules(const ir::Config& config) {
    std::size_t count = 0;
    for (const ir::Rule& rule : config.rules) {
        if (!std::holds_alternative<ir::Fail>(rule.action)) ++count;
    }
    for (const ir::Stream& stream : config.streams) {
        for (const ir::StreamHost& host : stream.hosts) {
            if (!host.members.empty()) ++count;
        }
    }
    return count;
}

/// Whether this Traefik makes routers of it that have hosts.
bool is_served(const api::ForeignRoute& route,
               const traefik::StaticConfig& config,
               const api::IngressClasses& classes) {
    if (route.object.kind == "IngressRouteUDP") return false;
    const bool is_ingress = route.object.kind == "Ingress";
    const std::string_view provider = is_ingress ? "kubernetesingress" : "kubernetescrd";
    return std::ranges::find(config.other_providers, provider) != config.other_providers.end() &&
           api::is_of_class(route,
                            {is_ingress ? config.ingress_class : config.ingress_route_class,
                             config.looks_up_classes},
                            classes);
}

std::string_view provider_of(const api::ForeignRoute& route) {
    return route.object.kind == "Ingress" ? "kubernetes" : "kubernetescrd";
}

/// Puts in what of its rules lists hosts, or, without `listed`, what lists none; whether there is
/// any such rule.
bool take_hosts(const api::ForeignRoute& route, bool listed, traefik::Neighbour& neighbour) {
    // Traefik makes a router of a default backend where there is nothing else.
    bool is_any = !listed && route.has_default_backend && route.rules.empty();
    for (const api::ForeignRule& rule : route.rules) {
        if (rule.hosts.empty() == listed) continue;
        const std::size_t before = neighbour.hosts.size();
        std::ranges::copy_if(
            rule.hosts, std::back_inserter(neighbour.hosts), traefik::is_host);
        // A neighbour without hosts would be one for all of them.
        if (listed && neighbour.hosts.size() == before) continue;
        is_any = true;
        std::ranges::move(traefik::host_patterns(rule.match, neighbour.tcp),
                          std::back_inserter(neighbour.patterns));
    }
    return is_any;
}

/// Its own, else the ones where Traefik puts routers that name none.
std::vector<std::string> entry_points_of(const api::ForeignRoute& route,
                                         const traefik::StaticConfig& config) {
    if (!route.entry_points.empty()) return route.entry_points;
    std::vector<std::string> names;
    for (const traefik::EntryPoint* entry_point : traefik::default_entry_points(config))
        names.push_back(entry_point->name);
    return names;
}

/// As Traefik's own providers make routers of the object: an entry point may give TLS, with options
/// that it names, to those that have none of their own.
std::vector<traefik::Neighbour> on_entry_points(const api::ForeignRoute& route,
                                                traefik::Neighbour plain,
                                                const traefik::StaticConfig& config) {
    const bool tcp = plain.tcp;
    const std::string_view provider = provider_of(route);
    std::vector<traefik::Neighbour> neighbours;
    for (std::string& name : entry_points_of(route, config)) {
        const auto known =
            std::ranges::find(config.entry_points, name, &traefik::EntryPoint::name);
        if (!route.tls && !tcp && known != config.entry_points.end() && known->tls) {
            neighbours.push_back(plain);
            neighbours.back().entry_points = {name};
            neighbours.back().tls = true;
            neighbours.back().tls_options =
                traefik::qualified_options(known->tls_options, provider);
        } else {
            plain.entry_points.push_back(std::move(name));
        }
    }
    if (!plain.entry_points.empty()) neighbours.push_back(std::move(plain));
    return neighbours;
}

/// One for what lists hosts and one for what lists none, which is about every host.
std::vector<traefik::Neighbour> neighbours_of(const api::ForeignRoute& route,
                                              const traefik::StaticConfig& config) {
    std::vector<traefik::Neighbour> neighbours;
    for (const bool listed : {true, false}) {
        traefik::Neighbour plain{
            .name = route.object.text(),
            .tls = route.tls,
            .tcp = route.object.kind == "IngressRouteTCP",
            .tls_options = traefik::qualified_options(route.tls_options, provider_of(route))};
        if (!take_hosts(route, listed, plain)) continue;
        std::ranges::move(on_entry_points(route, std::move(plain), config),
                          std::back_inserter(neighbours));
    }
    return neighbours;
}

/// Of Ingress, IngressRoute and IngressRouteTCP objects.
std::vector<traefik::Neighbour> neighbours_of(const api::Snapshot& snapshot,
                                              const traefik::StaticConfig& config) {
    std::vector<traefik::Neighbour> neighbours;
    for (const api::ForeignRoute& route : snapshot.foreign) {
        if (!is_served(route, config, snapshot.ingress_classes)) continue;
        std::ranges::move(neighbours_of(route, config), std::back_inserter(neighbours));
    }
    return neighbours;
}

base::Result<void> judge_version(const std::optional<traefik::Version>& version,
                                 diag::Diagnostics& found) {
    const auto unfit = version ? traefik::unfit(*version) : std::nullopt;
    if (!unfit) return {};
    if (unfit->too_old) return base::Error{base::ErrorKind::Usage, unfit->text};
    found.add({.code = diag::Code::TraefikVersion,
               .object = {},
               .path = {},
               .detail = unfit->text,
               .hint = "look for a newer gatefile, and try this Traefik before it serves"});
    return {};
}

}  // namespace

base::Result<Translation> translate(std::shared_ptr<const api::Snapshot> snapshot,
                                    const Settings& settings,
                                    diag::Diagnostics found_while_reading) {
    auto slots = traefik::make_slots(settings.static_config, settings.slots);
    if (!slots) return slots.error();
    graph::Capabilities capabilities =
        traefik::capabilities(settings.render.format, settings.static_config);
    capabilities.slots = std::move(*slots);
    capabilities.approximate = settings.approximate;
    capabilities.gateway_services = settings.gateway_services;
    capabilities.without_keys = settings.keys.where == traefik::Keys::Omit;

    if (const auto fit = judge_version(settings.static_config.version, found_while_reading); !fit) {
        return fit.error();
    }
    traefik::RenderSettings render = settings.render;
    render.approximate = settings.approximate;
    std::ranges::move(neighbours_of(*snapshot, settings.static_config),
                      std::back_inserter(render.neighbours));
    if (const traefik::EntryPoint* inner =
            traefik::find_inner_entry_point(settings.static_config)) {
        const bool ipv6 = inner->host.find(':') != std::string::npos;
        const std::string host = ipv6 ? "[" + inner->host + "]" : inner->host;
        render.inner = traefik::InnerEntryPoint{
            inner->name, fmt::format("{}:{}", host, inner->port), render.inner_secret};
    }

    Translation result;
    diag::Diagnostics found = std::move(found_while_reading);
    result.graph = graph::build(std::move(snapshot), capabilities, settings.build, found);
    result.ir = ir::lower(result.graph, found);
    result.dynamic = traefik::render(result.ir, render, found);

    if (settings.now) {
        const bool has_default = std::ranges::any_of(
            result.dynamic.certificates,
            [](const traefik::Certificate& certificate) { return certificate.is_default; });
        analysis::lint(result.graph, result.ir, {*settings.now, has_default}, found);
    }

    result.files.weight = served_rules(result.ir);
    if (!settings.keep_stages) result.ir = {};
    result.render = std::move(render);
    traefik::Text text = traefik::write(result.dynamic, settings.render.format, settings.keys);
    if (settings.pairs) {
        traefik::Flat flat =
            traefik::write_pairs(result.dynamic, settings.keys, text.generation, *settings.pairs);
        result.files.pairs = std::move(flat.pairs);
        result.files.refused = std::move(flat.refused);
    }
    result.files.backends = traefik::backends_of(result.dynamic);
    if (!settings.keep_stages) result.dynamic = {};
    result.files.generation = text.generation;
    result.files.files.push_back({std::move(text.file_name), std::move(text.bytes)});
    for (const auto& [name, key] : text.keys) {
        result.files.keys.push_back({name, std::string(key.reveal())});
    }

    result.report = status::report(result.graph, found, settings.build.selection.controller_name);
    api::drop_context(*result.graph.snapshot, found);
    api::locate(*result.graph.snapshot, found);
    found.sort();
    result.diagnostics = std::move(found);
    return result;
}

}  // namespace gatefile
