// SPDX-License-Identifier: Apache-2.0
#include "cut_names.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gatefile/base/overloaded.hpp"
#include "names.hpp"

namespace gatefile::traefik {

namespace {

/// What stays of a name that is cut, whatever stood behind.
constexpr std::size_t kept_of_names = 166;

using Origins = std::map<std::string, NameOrigin, std::less<>>;

NameOrigin origin_at(const ir::RouteId& route, std::optional<std::size_t> rule) {
    return {.object = {route.kind, route.ns, route.name}, .rule = rule};
}

void add_if_cut(Origins& origins, std::string name, const NameOrigin& origin) {
    if (name.find("~~") != std::string::npos) origins.emplace(std::move(name), origin);
}

/// Of rules, and of the routers of their matches.
void add_rules(Origins& origins, const ir::Config& config) {
    for (const ir::Rule& rule : config.rules) {
        const ir::RouteId& route = config.routes[rule.route];
        add_if_cut(origins, rule_name(route, rule), origin_at(route, rule.index));
    }
    for (const ir::Listener& listener : config.listeners) {
        const std::string label = listener_label(config, listener);
        for (const ir::Host& host : listener.hosts) {
            const std::string place = place_of(label, host.hostname);
            for (const ir::Entry& entry : host.entries) {
                const ir::Rule& rule = config.rules[entry.rule];
                const ir::RouteId& route = config.routes[rule.route];
                std::string name = leaf_name(rule_name(route, rule), entry.match_index, place);
                add_if_cut(origins, with_part(name, "refused"), origin_at(route, rule.index));
                add_if_cut(origins, std::move(name), origin_at(route, rule.index));
            }
        }
    }
}

void add_streams(Origins& origins, const ir::Config& config) {
    for (const ir::Stream& stream : config.streams) {
        for (const ir::StreamHost& host : stream.hosts) {
            const ir::RouteId& route = config.routes[host.route];
            const NameOrigin origin = origin_at(route, 0);
            const std::string router =
                stream_router_name(route, stream.entry_point, host.hostname);
            for (const std::string_view rank : {std::string_view(), first_of_names, last_of_names})
                add_if_cut(origins, std::string(rank) + router, origin);
            add_if_cut(origins, stream_name(route), origin);
            add_if_cut(origins, with_part(stream_name(route), "other"), origin);
        }
    }
}

void add_extensions(Origins& origins, const ir::Config& config) {
    const auto add = [&origins](const std::vector<ir::Filter>& filters) {
        for (const ir::Filter& filter : filters) {
            const auto* extension = std::get_if<ir::ExtensionFilter>(&filter);
            if (extension == nullptr) continue;
            add_if_cut(origins,
                       make_name({"middleware", extension->ns, extension->name}),
                       {.object = {"Middleware", extension->ns, extension->name}, .rule = {}});
        }
    };
    for (const ir::Listener& listener : config.listeners)
        add(listener.filters);
    for (const ir::Rule& rule : config.rules) {
        add(rule.filters);
        if (const auto* forward = std::get_if<ir::Forward>(&rule.action)) {
            for (const ir::Member& member : forward->members)
                add(member.filters);
        }
    }
}

std::vector<std::string> services_behind(const ServiceSettings& settings) {
    std::vector<std::string> names;
    const auto add_members = [&names](const std::vector<WeightedMember>& members) {
        for (const WeightedMember& member : members)
            names.push_back(member.service);
    };
    std::visit(base::Overloaded{[](const LoadBalancer&) {},
                              [&](const Weighted& weighted) { add_members(weighted.members); },
                              [&](const Mirroring& mirroring) {
                                  names.push_back(mirroring.service);
                                  for (const MirrorTarget& mirror : mirroring.mirrors)
                                      names.push_back(mirror.service);
                              },
                              [&](const CompositeService& service) { add_members(service.parts); }},
               settings);
    return names;
}

/// Whether a router's requests run through a service or middleware of this name, or come back by a
/// router that one of them needs for itself.
bool leads_to(const Router& router, std::string_view name, const Dynamic& dynamic) {
    const auto is_of = [name](const std::string& owner) {
        return owner == name || with_part(owner, "ask") == name || with_part(owner, "hop") == name;
    };
    if (std::ranges::any_of(router.middlewares, is_of)) return true;
    std::vector<std::string> left = {router.service};
    std::set<std::string> seen;
    while (!left.empty()) {
        const std::string service = std::move(left.back());
        left.pop_back();
        if (!seen.insert(service).second) continue;
        if (is_of(service)) return true;
        const auto found = std::ranges::find(dynamic.services, service, &Service::name);
        if (found == dynamic.services.end()) continue;
        if (std::ranges::any_of(found->middlewares, is_of)) return true;
        for (std::string& behind : services_behind(found->settings))
            left.push_back(std::move(behind));
    }
    return false;
}

/// The one rule whose routers lead to it.
std::optional<NameOrigin> user_of(std::string_view name,
                                  const Origins& origins,
                                  const Dynamic& dynamic) {
    std::optional<NameOrigin> user;
    for (const Router& router : dynamic.routers) {
        const auto origin = origins.find(router.name);
        if (origin == origins.end() || !leads_to(router, name, dynamic)) continue;
        if (user && (user->object != origin->second.object || user->rule != origin->second.rule))
            return std::nullopt;
        user = origin->second;
    }
    return user;
}

/// The one route whose names begin like this.
std::optional<NameOrigin> route_of(std::string_view name, const Origins& origins) {
    std::optional<NameOrigin> found;
    for (const auto& [known, origin] : origins) {
        if (!name.starts_with(std::string_view(known).substr(0, kept_of_names))) continue;
        if (found && found->object != origin.object) return std::nullopt;
        found = {.object = origin.object, .rule = {}};
    }
    return found;
}

}  // namespace

std::optional<NameOrigin>
origin_of_cut(std::string_view name, const ir::Config& config, const Dynamic& dynamic) {
    Origins origins;
    add_rules(origins, config);
    add_streams(origins, config);
    add_extensions(origins, config);
    if (const auto known = origins.find(name); known != origins.end()) return known->second;
    if (auto user = user_of(name, origins, dynamic)) return user;
    return route_of(name, origins);
}

}  // namespace gatefile::traefik
