// SPDX-License-Identifier: Apache-2.0
#include "winning.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "challenges.hpp"
#include "gatefile/ir/match.hpp"
#include "names.hpp"
#include "rule.hpp"

namespace gatefile::traefik {

namespace {

struct Served {
    std::vector<std::string_view> hosts;  ///< in order: what begins alike is looked at once
    bool any = false;                     ///< something has routes
    bool every = false;                   ///< and no host of the listener is left out
};

Served served_hosts(const ir::Listener& listener) {
    Served served;
    for (const ir::Host& host : listener.hosts) {
        if (host.entries.empty()) continue;
        served.any = true;
        served.hosts.push_back(host.hostname);
        if (host.hostname == listener.hostname) served.every = true;
    }
    std::ranges::sort(served.hosts);
    return served;
}

/// Hostnames of narrower listeners that leave something to others: what others do not take of it is
/// theirs all the same.
std::vector<std::string_view> narrower_hosts(const ir::Config& config,
                                             const ir::Listener& listener) {
    std::vector<std::string_view> hosts;
    if (!listener.hostname.empty() && !listener.hostname.starts_with("*.")) return hosts;
    for (const ir::Listener& other : config.listeners) {
        const bool is_narrower = other.entry_point == listener.entry_point &&
                                 other.tls.has_value() == listener.tls.has_value() &&
                                 other.hostname != listener.hostname &&
                                 ir::hostname_covers(listener.hostname, other.hostname);
        if (is_narrower && !served_hosts(other).every) hosts.push_back(other.hostname);
    }
    std::ranges::sort(hosts);
    return hosts;
}

/// For what wins and has all hosts of `served`.
Rule restriction(const Served& served, const std::vector<std::string_view>& narrower) {
    Rule rule;
    if (!served.every) rule = hostnames_rule(served.hosts);
    if (!narrower.empty()) rule = all_of(std::move(rule), no(hostnames_rule(narrower)));
    // Over TLS, too: whoever asks for them follows an entry point's redirection.
    return all_of(std::move(rule), no(call("PathPrefix", challenge_prefix)));
}

/// A match that stands by itself (Shape::Flat) names its host.
bool is_leaf(const Router& root) {
    return !root.name.starts_with(index_prefix);
}

void add_parents(std::vector<Router>& routers,
                 std::size_t first,
                 const std::map<std::string, std::string>& twins) {
    for (std::size_t i = first; i < routers.size(); ++i) {
        std::vector<std::string>& parents = routers[i].parents;
        const std::size_t count = parents.size();
        for (std::size_t parent = 0; parent < count; ++parent) {
            const auto twin = twins.find(parents[parent]);
            if (twin != twins.end()) parents.push_back(twin->second);
        }
    }
}

}  // namespace

void leave_the_rest(std::vector<Router>& routers,
                    std::size_t first,
                    const ir::Config& config,
                    const ir::Listener& listener,
                    const std::function<std::int64_t()>& next_low_priority) {
    std::vector<std::size_t> roots;
    for (std::size_t i = first; i < routers.size(); ++i) {
        if (routers[i].parents.empty()) roots.push_back(i);
    }
    std::ranges::sort(roots, [&routers](std::size_t a, std::size_t b) {
        return routers[a].priority > routers[b].priority;
    });
    const Served served = served_hosts(listener);
    const std::vector<std::string_view> narrower = narrower_hosts(config, listener);
    const Rule of_leaves =
        served.any ? restriction({.any = true, .every = true}, narrower) : Rule();
    const Rule of_nodes = served.any ? restriction(served, narrower) : Rule();
    std::map<std::string, std::string> twins;
    std::vector<Router> added;
    for (const std::size_t index : roots) {
        Router& root = routers[index];
        if (!served.any) {
            root.priority = next_low_priority();
            continue;
        }
        const Rule& ours = is_leaf(root) ? of_leaves : of_nodes;
        Router twin = root;
        twin.name = with_part(root.name, "rest");
        twin.priority = next_low_priority();
        root.rule = "(" + root.rule + ") && " + Rule(ours).text();
        twins.emplace(root.name, twin.name);
        added.push_back(std::move(twin));
    }
    add_parents(routers, first, twins);
    for (Router& twin : added)
        routers.push_back(std::move(twin));
}

}  // namespace gatefile::traefik
