// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "host_index.hpp"
#include "lint_parts.hpp"

namespace gatefile::analysis {
namespace {

/// One match of a route rule; entries of many hosts, and of several of Config::rules, come of it.
struct Site {
    std::size_t places = 0;
    std::size_t dead = 0;
    /// The first place where another entry takes its requests.
    const ir::Entry* winner = nullptr;
    const ir::Host* host = nullptr;
    const ir::Entry* entry = nullptr;
    bool same = false;  ///< it matches the same there, so that nobody can mean it
};

class Sites {
public:
    explicit Sites(const ir::Config& config) : config_(config), first_(config.rules.size()) {
        std::vector<std::size_t> matches(config.rules.size());
        for_each_entry([&](const ir::Host&, const ir::Entry& entry) {
            matches[entry.rule] = std::max(matches[entry.rule], entry.match_index + 1);
        });
        std::size_t next = 0;
        for (std::size_t i = 0; i < config.rules.size();) {
            // Variants of a route rule stand beside each other.
            std::size_t end = i;
            std::size_t count = 0;
            for (; end < config.rules.size() && same_rule(i, end); ++end) {
                first_[end] = next;
                count = std::max(count, matches[end]);
            }
            next += count;
            i = end;
        }
        sites_.resize(next);
    }

    Site& of(const ir::Entry& entry) { return sites_[first_[entry.rule] + entry.match_index]; }
    const std::vector<Site>& all() const { return sites_; }

private:
    bool same_rule(std::size_t a, std::size_t b) const {
        return config_.rules[a].route == config_.rules[b].route &&
               config_.rules[a].index == config_.rules[b].index;
    }

    template <typename Visit>
    void for_each_entry(const Visit& visit) const {
        for (const ir::Listener& listener : config_.listeners) {
            for (const ir::Host& host : listener.hosts) {
                for (const ir::Entry& entry : host.entries)
                    visit(host, entry);
            }
        }
    }

    const ir::Config& config_;
    std::vector<std::size_t> first_;  ///< by Config::rules
    std::vector<Site> sites_;
};

void judge(const ir::Host& host, Sites& sites, Patterns& patterns) {
    const HostIndex index(host);
    for (std::size_t i = 0; i < host.entries.size(); ++i) {
        const ir::Entry& entry = host.entries[i];
        Site& site = sites.of(entry);
        ++site.places;
        const std::size_t winner = index.shadow_of(i, patterns);
        if (winner == i) continue;
        ++site.dead;
        const bool same = takes_the_same(host.entries[winner].match, entry.match);
        if (site.winner != nullptr && (site.same || !same)) continue;
        site.winner = &host.entries[winner];
        site.host = &host;
        site.entry = &entry;
        site.same = same;
    }
}

/// A route whose hostname is wider gives way on purpose to one that names the hostname.
bool names(const api::Route& route, const std::string& hostname) {
    if (route.hostnames.empty()) return hostname.empty();
    return std::ranges::any_of(route.hostnames, [&](const std::string& written) {
        return base::equals_ignoring_case(written, hostname);
    });
}

bool redirects(const ir::Rule& rule) {
    return std::ranges::any_of(rule.filters, [](const ir::Filter& filter) {
        return std::holds_alternative<ir::Redirect>(filter);
    });
}

void report(const ir::Config& config, const Site& site, diag::Diagnostics& diagnostics) {
    const ir::Rule& winner = config.rules[site.winner->rule];
    const ir::Rule& loser = config.rules[site.entry->rule];
    const ir::RouteId& route = config.routes[loser.route];
    const ir::RouteId& other = config.routes[winner.route];
    const bool foreign = route.ns != other.ns;
    std::string which =
        fmt::format("spec.rules[{}].matches[{}]", winner.index, site.winner->match_index);
    if (winner.route != loser.route) which += " of " + object_of(other).text();
    if (redirects(winner)) which += ", which redirects,";
    const std::string hint =
        foreign ? fmt::format("agree with namespace {} on who has the hostname and path; of equal "
                              "matches the older route wins, then the first by name",
                              base::quote_for_message(other.ns))
        : redirects(winner)
            ? "attach the redirect to the HTTP listener by a route of its own, or make it narrower"
            : "remove one of them, or make this one narrower";
    diagnostics.add(
        {.code = foreign ? diag::Code::RuleShadowedForeign : diag::Code::RuleShadowed,
         .object = object_of(route),
         .path = diag::Path("spec.rules") / loser.index / "matches" / site.entry->match_index,
         .detail = fmt::format("{} {} on {} and goes first",
                               which,
                               site.same ? "is the same match" : "takes all of its requests",
                               (site.host->hostname.empty() ? "" : "host ") +
                                   host_text(site.host->hostname)),
         .hint = hint});
}

}  // namespace

void lint_shadows(const graph::Graph& graph,
                  const ir::Config& config,
                  diag::Diagnostics& diagnostics) {
    const std::vector<const graph::Route*> routes = routes_of(graph, config);
    Sites sites(config);
    Patterns patterns;
    for (const ir::Listener& listener : config.listeners) {
        for (const ir::Host& host : listener.hosts)
            judge(host, sites, patterns);
    }
    for (const Site& site : sites.all()) {
        if (site.dead == 0) continue;
        const bool everywhere = site.dead == site.places;
        const graph::Route* route = routes[config.rules[site.entry->rule].route];
        if (everywhere || (site.same && names(*route->spec, site.host->hostname)))
            report(config, site, diagnostics);
    }
}

}  // namespace gatefile::analysis
