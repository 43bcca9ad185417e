// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/ir/match.hpp"
#include "host_index.hpp"
#include "lint_parts.hpp"
#include "redirect_step.hpp"

namespace gatefile::analysis {
namespace {

/// Browsers give up at 20.
constexpr std::size_t most_hops = 20;
/// Stand for what a wildcard or no hostname leaves open.
constexpr std::string_view any_label = "any";
constexpr std::string_view any_host = "any-host";

/// Where an entry is.
struct Place {
    std::size_t listener = 0;  ///< in Config::listeners
    const ir::Host* host = nullptr;
    std::size_t entry = 0;  ///< in Host::entries
    bool operator==(const Place&) const = default;
};

bool redirects(const ir::Rule& rule) {
    return std::ranges::any_of(rule.filters, is_redirect);
}

bool values_hold(const std::vector<ir::ValueMatch>& wanted,
                 const std::vector<ir::ValueMatch>& given,
                 bool any_case,
                 Patterns& patterns) {
    return std::ranges::all_of(wanted, [&](const ir::ValueMatch& one) {
        return std::ranges::any_of(given, [&](const ir::ValueMatch& other) {
            const bool same_name = any_case ? base::equals_ignoring_case(one.name, other.name)
                                            : one.name == other.name;
            return same_name &&
                   (one.kind == ir::ValueKind::Exact ? one.value == other.value
                                                     : patterns.matches(one.value, other.value));
        });
    });
}

bool all_exact(const std::vector<ir::ValueMatch>& values) {
    return std::ranges::all_of(
        values, [](const ir::ValueMatch& value) { return value.kind == ir::ValueKind::Exact; });
}

/// Paths that mean what they say: nothing to decode or resolve.
bool is_plain(std::string_view path) {
    return path.starts_with('/') && path.find_first_of("%?#") == path.npos &&
           path.find("//") == path.npos && path.find("/.") == path.npos;
}

class Follower {
public:
    Follower(const graph::Graph& graph, const ir::Config& config) : config_(config) {
        for (const graph::Slot& slot : graph.capabilities.slots)
            add_redirections(slot);
        for (std::size_t i = 0; i < config.listeners.size(); ++i) {
            const ir::Listener& listener = config.listeners[i];
            doors_[{listener.entry_point, listener.tls.has_value()}].emplace(listener.hostname, i);
            for (const ir::ListenerId& source : listener.sources)
                ports_[{source.port, listener.tls.has_value()}].emplace_back(&source, i);
        }
    }

    /// The URLs of a loop that starts and ends at the entry; empty when there is none.
    std::vector<RedirectStep> loop_from(const Place& start) {
        given_ = &start.host->entries[start.entry].match;
        origin_ = &config_.listeners[start.listener];
        std::optional<RedirectStep> step = first_step(start);
        if (!step || !all_exact(given_->headers) || !all_exact(given_->query)) return {};
        std::vector<RedirectStep> steps{*step};
        std::optional<Place> place = place_of(*step);
        if (place != start) return {};
        std::size_t visits = 0;
        while (steps.size() <= most_hops) {
            const ir::Host& host = *place->host;
            const std::optional<RedirectStep> next =
                redirected(config_.rules[host.entries[place->entry].rule], *step);
            if (!next) return {};
            const RedirectStep from = *std::exchange(step, next);
            const auto moved = step->tls ? redirections_.end() : redirections_.find(step->port);
            if (moved != redirections_.end()) {
                steps.push_back(*step);
                step->tls = true;
                step->port = moved->second;
            }
            place = place_of(*step);
            // A hostname that no route names need not lead here.
            if (!place || (step->host != from.host && place->host->hostname.empty())) return {};
            const auto seen = std::ranges::find(steps, *step);
            const std::ptrdiff_t before = seen - steps.begin();
            const bool closes = seen != steps.end();
            steps.push_back(*step);
            if (*place == start) ++visits;
            if (!closes) continue;
            // A loop further on its own entries tell of, unless the start's are in it.
            if (before > 0 && visits == 0) return {};
            // What only leads there is no part of it.
            steps.erase(steps.begin(), steps.begin() + before);
            return steps;
        }
        return visits > 0 ? steps : std::vector<RedirectStep>{};
    }

private:
    using Hostnames = std::unordered_map<std::string_view, std::size_t>;

    /// What an entry point does before any route is asked.
    void add_redirections(const graph::Slot& slot) {
        for (const graph::SlotPort& from : slot.ports) {
            for (const graph::SlotPort& to : slot.ports) {
                if (from.redirects_to.empty()) continue;
                // By name, or ":443".
                const bool is_it = to.entry_point == from.redirects_to ||
                                   fmt::format(":{}", to.bound_port) == from.redirects_to;
                if (is_it) redirections_.emplace(from.port, to.port);
            }
        }
    }

    std::optional<RedirectStep> first_step(const Place& start) const {
        const ir::Listener& listener = config_.listeners[start.listener];
        RedirectStep step{.tls = listener.tls.has_value(), .port = listener.sources.front().port};
        const std::string& hostname = start.host->hostname;
        if (hostname.empty()) {
            step.host = any_host;
        } else if (hostname.starts_with("*.")) {
            step.host = fmt::format("{}{}", any_label, hostname.substr(1));
        } else {
            step.host = hostname;
        }
        const ir::PathMatch& path = start.host->entries[start.entry].match.path;
        step.path = path.kind == ir::PathKind::Regex ? "/" : path.value;
        if (!is_plain(step.path)) return std::nullopt;
        return step;
    }

    /// Which entry takes the request; nothing also when that is not certain.
    std::optional<Place> place_of(const RedirectStep& step) {
        if (!is_plain(step.path)) return std::nullopt;
        const std::optional<std::string_view> entry_point = entry_point_of(step);
        if (!entry_point) return std::nullopt;
        std::optional<std::size_t> listener;
        visit_covering(doors_.at({*entry_point, step.tls}), step.host, [&](std::size_t at) {
            listener = at;
            return true;
        });
        if (!listener) return std::nullopt;
        std::optional<Place> place;
        bool certain = true;
        visit_covering(hosts_of(*listener), step.host, [&](std::size_t at) {
            const ir::Host& host = config_.listeners[*listener].hosts[at];
            const auto [candidates, all] = index_of(host).candidates(step.path);
            certain = certain && all;
            for (const std::size_t entry : candidates) {
                if (!takes(host.entries[entry].match, step.path)) continue;
                place = Place{*listener, &host, entry};
                return true;
            }
            return false;
        });
        return certain ? place : std::nullopt;
    }

    /// Of several addresses with the port, that of the Gateway where the request started.
    std::optional<std::string_view> entry_point_of(const RedirectStep& step) const {
        const auto port = ports_.find({step.port, step.tls});
        if (port == ports_.end()) return std::nullopt;
        std::optional<std::string_view> found;
        bool several = false;
        for (const auto& [source, listener] : port->second) {
            const std::string_view entry_point = config_.listeners[listener].entry_point;
            const bool own = std::ranges::any_of(origin_->sources, [&](const ir::ListenerId& from) {
                return from.gateway == source->gateway && from.gateway_ns == source->gateway_ns;
            });
            if (own) return entry_point;
            several = several || (found && *found != entry_point);
            found = entry_point;
        }
        return several ? std::nullopt : found;
    }

    bool takes(const ir::Match& match, const std::string& path) {
        if (match.method && *match.method != given_->method.value_or("GET")) return false;
        const bool path_holds = match.path.kind == ir::PathKind::Regex
                                    ? !match.path.call && patterns_.matches(match.path.value, path)
                                    : ir::path_matches(match.path, path);
        return path_holds && values_hold(match.headers, given_->headers, true, patterns_) &&
               values_hold(match.query, given_->query, false, patterns_);
    }

    /// Calls `visit` with the place of each pattern that covers the host, narrowest first, until it
    /// returns true.
    template <typename Visit>
    static void
    visit_covering(const Hostnames& hostnames, const std::string& host, const Visit& visit) {
        bool done = false;
        const auto try_name = [&](std::string_view name) {
            const auto at = hostnames.find(name);
            done = at != hostnames.end() && visit(at->second);
            return done;
        };
        if (try_name(host)) return;
        visit_wildcards(host, try_name);
        if (!done) try_name("");
    }

    const Hostnames& hosts_of(std::size_t listener) {
        const auto [at, is_new] = hosts_.try_emplace(listener);
        if (is_new) {
            const std::vector<ir::Host>& hosts = config_.listeners[listener].hosts;
            for (std::size_t i = 0; i < hosts.size(); ++i)
                at->second.emplace(hosts[i].hostname, i);
        }
        return at->second;
    }

    const HostIndex& index_of(const ir::Host& host) {
        return indices_.try_emplace(&host, host).first->second;
    }

    const ir::Config& config_;
    std::map<std::pair<std::string_view, bool>, Hostnames> doors_;
    /// With the place of the listener in Config::listeners.
    std::map<std::pair<std::uint16_t, bool>,
             std::vector<std::pair<const ir::ListenerId*, std::size_t>>>
        ports_;
    std::map<std::uint16_t, std::uint16_t> redirections_;  ///< http there, https here
    std::unordered_map<std::size_t, Hostnames> hosts_;
    std::unordered_map<const ir::Host*, HostIndex> indices_;
    Patterns patterns_;
    const ir::Match* given_ = nullptr;      ///< of the entry that is followed
    const ir::Listener* origin_ = nullptr;  ///< its listener
};

/// In the route's words: the first RequestRedirect of the rule.
void report(const ir::Config& config,
            const ir::Rule& rule,
            const std::vector<RedirectStep>& steps,
            diag::Diagnostics& diagnostics) {
    std::string chain = base::quote_for_message(text_of(steps.front()));
    const std::size_t shown = std::min<std::size_t>(steps.size(), 4);
    for (std::size_t i = 1; i < shown; ++i) {
        chain += i == 1 ? " is redirected to " : ", that to ";
        chain += base::quote_for_message(text_of(steps[i]));
    }
    if (shown < steps.size()) chain += ", and so on";
    diagnostics.add({.code = diag::Code::RedirectLoop,
                     .object = object_of(config.routes[rule.route]),
                     .path = diag::Path("spec.rules") / rule.index / "filters",
                     .detail = std::move(chain),
                     .hint = "attach the redirect only to the listener that it leads away from "
                             "(sectionName), or let it lead to another hostname or path"});
}

}  // namespace

void lint_redirects(const graph::Graph& graph,
                    const ir::Config& config,
                    diag::Diagnostics& diagnostics) {
    std::optional<Follower> follower;
    std::set<std::pair<std::size_t, std::size_t>> told;  ///< route and rule
    for (std::size_t l = 0; l < config.listeners.size(); ++l) {
        for (const ir::Host& host : config.listeners[l].hosts) {
            for (std::size_t i = 0; i < host.entries.size(); ++i) {
                const ir::Rule& rule = config.rules[host.entries[i].rule];
                if (!redirects(rule) || told.contains({rule.route, rule.index})) continue;
                if (!follower) follower.emplace(graph, config);
                const std::vector<RedirectStep> steps = follower->loop_from({l, &host, i});
                if (steps.empty()) continue;
                told.emplace(rule.route, rule.index);
                report(config, rule, steps, diagnostics);
            }
        }
    }
}

}  // namespace gatefile::analysis
