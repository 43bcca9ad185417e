// SPDX-License-Identifier: Apache-2.0
#include "oracle.hpp"

#include <algorithm>
#include <optional>
#include <tuple>

#include "gatefile/base/regex.hpp"
#include "gatefile/base/strings.hpp"
#include "traefik_rule.hpp"

namespace gatefile::properties {
namespace {

/// Greater is more specific.
std::pair<int, std::size_t> weight_of(std::string_view hostname) {
    if (hostname.empty()) return {0, 0};
    return {hostname.starts_with("*.") ? 1 : 2, hostname.size()};
}

std::string without_dot(std::string host) {
    if (host.ends_with('.')) host.pop_back();
    return host;
}

std::string written_as_routed(const std::string& path) {
    ir::Request request;
    request.path = path;
    return seen_by_traefik(request).routing_path;
}

bool path_matches(const api::PathMatch& match, const std::string& path) {
    if (match.type == api::PathMatchType::RegularExpression) {
        const auto pattern = base::Regex::compile(match.value);
        return pattern && pattern->matches(path);
    }
    std::string value = written_as_routed(match.value);
    if (match.type == api::PathMatchType::Exact) return path == value;
    if (!value.ends_with('/')) value += '/';
    return (path + "/").starts_with(value);
}

bool value_matches(const api::ValueMatch& match, const std::string& value) {
    if (match.type == api::ValueMatchType::Exact) return value == match.value;
    const auto pattern = base::Regex::compile(match.value);
    return pattern && pattern->matches(value);
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// How many count, which are those that repeat no earlier name; nothing when one does not match.
std::optional<std::size_t>
count_values(const std::vector<api::ValueMatch>& matches, const Pairs& pairs, bool any_case) {
    std::vector<std::string> seen;
    for (const api::ValueMatch& match : matches) {
        const std::string name = any_case ? base::to_lower(match.name) : match.name;
        if (std::ranges::find(seen, name) != seen.end()) continue;
        seen.push_back(name);
        const bool found = std::ranges::any_of(pairs, [&](const auto& pair) {
            return pair.first == name && value_matches(match, pair.second);
        });
        if (!found) return std::nullopt;
    }
    return seen.size();
}

std::size_t prefix_length(const api::PathMatch& match) {
    if (match.type == api::PathMatchType::RegularExpression) return match.value.size();
    std::string value = written_as_routed(match.value);
    if (match.type == api::PathMatchType::PathPrefix && value.size() > 1 && value.ends_with('/')) {
        value.pop_back();
    }
    return value.size();
}

int path_weight(api::PathMatchType type) {
    switch (type) {
    case api::PathMatchType::Exact:
        return 2;
    case api::PathMatchType::RegularExpression:
        return 1;
    case api::PathMatchType::PathPrefix:
        return 0;
    }
    return 0;
}

struct Found {
    /// Greater wins.
    std::tuple<std::pair<int, std::size_t>,  // effective hostname
               std::pair<int, std::size_t>,  // hostname as written
               int,
               std::size_t,
               bool,
               std::size_t,
               std::size_t>
        merit;
    /// Smaller wins.
    std::tuple<bool, std::int64_t, std::string, std::string, std::size_t, std::size_t> seniority;
    const graph::Rule* rule = nullptr;
    std::uint16_t port = 0;

    bool beats(const Found& other) const {
        return merit != other.merit ? merit > other.merit : seniority < other.seniority;
    }
};

struct Search {
    const graph::Graph& graph;
    const ir::Request& request;
    SeenRequest seen = seen_by_traefik(request);
    std::string host = without_dot(seen.host);
    std::optional<std::string> listener;
    std::optional<Found> best;

    bool is_door(const graph::Listener& one) const {
        return one.serves && one.entry_point == request.entry_point &&
               (one.protocol == graph::Protocol::Https) == request.tls;
    }

    void choose_listener() {
        for (const graph::Gateway& gateway : graph.gateways) {
            for (const graph::Listener& one : gateway.listeners) {
                if (!is_door(one) || !ir::hostname_covers(one.hostname, host)) continue;
                if (!listener || weight_of(one.hostname) > weight_of(*listener)) {
                    listener = one.hostname;
                }
            }
        }
    }

    void try_rule(const graph::Route& route,
                  const graph::Rule& rule,
                  const graph::EffectiveHostname& hostname,
                  std::uint16_t port) {
        const api::Meta& meta = route.spec->meta;
        for (std::size_t i = 0; i < rule.spec->matches.size(); ++i) {
            const api::HttpRouteMatch& match = rule.spec->matches[i];
            if (!rule.match_valid[i] || !path_matches(match.path, seen.routing_path)) continue;
            if (match.method && *match.method != request.method) continue;
            const auto headers = count_values(match.headers, seen.headers, true);
            const auto query = count_values(match.query_params, seen.query, false);
            if (!headers || !query) continue;
            const Found found{
                .merit = {weight_of(hostname.hostname),
                          weight_of(hostname.written),
                          path_weight(match.path.type),
                          prefix_length(match.path),
                          match.method.has_value(),
                          *headers,
                          *query},
                .seniority = {!meta.created,
                              meta.created.value_or(base::Timestamp{}).seconds,
                              meta.ns,
                              meta.name,
                              rule.index,
                              i},
                .rule = &rule,
                .port = port,
            };
            if (!best || found.beats(*best)) best = found;
        }
    }

    void try_routes() {
        for (const graph::Route& route : graph.routes) {
            for (const graph::Parent& parent : route.parents) {
                if (!parent.accepted) continue;
                for (const graph::Attachment& attachment : parent.attachments) {
                    const graph::Listener& one =
                        graph.gateways[attachment.gateway].listeners[attachment.listener];
                    if (!is_door(one) || one.hostname != *listener) continue;
                    for (const graph::EffectiveHostname& hostname : attachment.hostnames) {
                        if (!ir::hostname_covers(hostname.hostname, host)) continue;
                        for (const graph::Rule& rule : route.rules) {
                            try_rule(route, rule, hostname, one.spec->port);
                        }
                    }
                }
            }
        }
    }
};

}  // namespace

std::string answer_by_the_spec(const graph::Graph& graph, const ir::Request& request) {
    Search search{graph, request};
    search.choose_listener();
    if (!search.listener) return "404";
    search.try_routes();
    if (!search.best) return "404";
    const graph::Rule& rule = *search.best->rule;
    if (!rule.valid) return "500";
    if (!rule.filters.empty()) {
        const auto& redirect = std::get<api::RequestRedirect>(*rule.filters[0].spec);
        const std::uint16_t port = search.best->port;
        const bool well_known = port == (request.tls ? 443 : 80);
        return "redirect " + *redirect.hostname + ":" +
               (well_known ? std::string() : std::to_string(port));
    }
    const graph::Endpoint& endpoint = rule.backends[0].backend.endpoints[0];
    return "http://" + endpoint.host + ":" + std::to_string(endpoint.port) + " ";
}

}  // namespace gatefile::properties
