// SPDX-License-Identifier: Apache-2.0
#include "gatefile/ir/lower.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "host_table.hpp"
#include "lower_grpc.hpp"
#include "lower_http.hpp"
#include "lower_streams.hpp"
#include "lower_tls.hpp"
#include "merge_listeners.hpp"
#include "merge_streams.hpp"
#include "precedence.hpp"

namespace gatefile::ir {
namespace {

/// A hostname that a route has on a listener of the IR.
struct Placement {
    std::size_t listener = 0;  ///< in Config::listeners
    Arrival arrival;
    const graph::EffectiveHostname* hostname = nullptr;
    std::size_t gateway = 0;  ///< in Graph::gateways
    std::size_t parent = 0;   ///< in spec.parentRefs
    std::vector<Candidate>* candidates = nullptr;
};

std::vector<Placement>
placements_of(const graph::Graph& graph, const graph::Route& route, const MergedListeners& merged) {
    std::vector<Placement> placements;
    for (const graph::Parent& parent : route.parents) {
        if (!parent.accepted) continue;
        for (const graph::Attachment& attachment : parent.attachments) {
            const auto listener = merged.find(attachment.gateway, attachment.listener);
            if (!listener) continue;
            const graph::Listener& from =
                graph.gateways[attachment.gateway].listeners[attachment.listener];
            const Arrival arrival{from.spec->port, from.protocol == graph::Protocol::Https};
            for (const graph::EffectiveHostname& hostname : attachment.hostnames) {
                placements.push_back(
                    {*listener, arrival, &hostname, attachment.gateway, parent.index});
            }
        }
    }
    return placements;
}

/// Place of each route by age, namespace and name.
std::vector<std::size_t> route_ranks(const std::vector<graph::Route>& routes) {
    std::vector<std::pair<Seniority, std::size_t>> order;
    order.reserve(routes.size());
    for (std::size_t i = 0; i < routes.size(); ++i) {
        const api::Meta& meta = routes[i].spec->meta;
        order.emplace_back(seniority(meta.created, meta.ns, meta.name), i);
    }
    std::ranges::sort(order);
    std::vector<std::size_t> ranks(routes.size());
    for (std::size_t rank = 0; rank < order.size(); ++rank)
        ranks[order[rank].second] = rank;
    return ranks;
}

class Lowering {
public:
    Lowering(const graph::Graph& graph, diag::Diagnostics& diagnostics)
        : graph_(graph), diagnostics_(diagnostics), merged_(graph), streams_(graph),
          hosts_(merged_.all().size()), ranks_(route_ranks(graph.routes)), backends_(config_),
          clients_(lower_clients(graph, config_)) {}

    Config run() {
        if (graph_.snapshot != nullptr) {
            for (const api::MemberCluster& member : graph_.snapshot->members)
                if (member.is_read) config_.members.push_back(member.name);
        }
        config_.listeners = lower_listeners(graph_, merged_);
        config_.streams = lower_streams(graph_, streams_);
        for (std::size_t i = 0; i < config_.listeners.size(); ++i)
            lower_filters_of(i);
        const Uncertified uncertified = lower_tls(graph_, merged_, streams_, config_, diagnostics_);
        reserve();
        for (std::size_t i = 0; i < graph_.routes.size(); ++i)
            lower_route(i);
        hosts_.write(config_, std::move(sites_));
        lower_stream_routes(graph_, streams_, merged_, clients_, backends_, config_, diagnostics_);
        refuse(uncertified, config_, diagnostics_);
        merged_.report_captures(graph_, diagnostics_);
        return std::move(config_);
    }

private:
    void reserve() {
        std::size_t rules = 0;
        std::size_t matches = 0;
        for (const graph::Route& route : graph_.routes) {
            rules += route.rules.size();
            for (const graph::Rule& rule : route.rules)
                matches += std::max<std::size_t>(1, rule.spec->matches.size());
        }
        config_.routes.reserve(graph_.routes.size());
        config_.rules.reserve(rules);
        sites_.reserve(matches);
    }

    /// Listeners that became one run the same.
    void lower_filters_of(std::size_t index) {
        const Source& source = merged_.all()[index].sources.front();
        const graph::Listener& from = graph_.gateways[source.gateway].listeners[source.listener];
        if (from.filters.empty()) return;
        Listener& listener = config_.listeners[index];
        const Place place{.arrival = {}, .match = nullptr, .client = clients_[source.gateway]};
        std::optional<std::vector<Filter>> lowered;
        if (!from.filters_fail) lowered = lower_filters(from.filters, place, backends_);
        if (lowered) {
            listener.filters = std::move(*lowered);
        } else {
            listener.fail.emplace();
        }
    }

    void lower_route(std::size_t index) {
        const graph::Route& route = graph_.routes[index];
        std::vector<Placement> placements = placements_of(graph_, route, merged_);
        if (placements.empty()) return;
        const api::Meta& meta = route.spec->meta;
        config_.routes.push_back({std::string(api::name_of(route.spec->kind)), meta.ns, meta.name});
        for (Placement& placement : placements) {
            placement.candidates =
                &hosts_.candidates(placement.listener, placement.hostname->hostname);
            report_capture(*route.spec, placement);
        }
        for (const graph::Rule& rule : route.rules)
            lower_rule_at(rule, ranks_[index], placements);
    }

    void report_capture(const api::Route& route, const Placement& placement) {
        const std::string& hostname = placement.hostname->hostname;
        const MergedListener& listener = merged_.all()[placement.listener];
        std::optional<Source> captor;
        if (const auto index = merged_.captor(placement.listener, hostname, placement.gateway)) {
            captor = merged_.all()[*index].sources.front();
        } else if (listener.door.tls) {
            captor = streams_.captor(
                listener.door.entry_point, listener.hostname, hostname, placement.gateway);
        }
        if (captor) {
            diagnostics_.add(host_captured(graph_, *captor, route, placement.parent, hostname));
        }
    }

    /// The matches of a rule that can match, as sites; first and count.
    std::pair<std::size_t, std::size_t> add_sites(const graph::Rule& rule) {
        const std::size_t first = sites_.size();
        const auto add = [&](const auto& match, std::size_t index) {
            sites_.push_back({.match = lower_match(match), .index = index});
        };
        const auto add_all = [&](const auto& matches) {
            if (matches.empty()) add(api::HttpRouteMatch{}, 0);
            for (std::size_t i = 0; i < matches.size(); ++i) {
                if (i >= rule.match_valid.size() || rule.match_valid[i]) add(matches[i], i);
            }
        };
        if (rule.grpc) {
            add_all(rule.grpc->matches);
        } else {
            add_all(rule.spec->matches);
        }
        return {first, sites_.size() - first};
    }

    Precedence
    precedence_of(const graph::Rule& rule, const MatchSite& site, std::string_view written) const {
        if (!rule.grpc || rule.grpc->matches.empty()) return precedence(written, site.match);
        return precedence(written, rule.grpc->matches[site.index]);
    }

    void lower_rule_at(const graph::Rule& rule,
                       std::size_t rank,
                       const std::vector<Placement>& placements) {
        const auto [first, count] = add_sites(rule);
        const Dependence depends = dependence(rule);
        variants_.clear();
        for (const Placement& placement : placements) {
            for (std::size_t site = first; site < first + count; ++site) {
                Precedence key = precedence_of(rule, sites_[site], placement.hostname->written);
                key.route = rank;
                key.rule = rule.index;
                key.match = sites_[site].index;
                placement.candidates->push_back(
                    {key, site, variant_for(rule, depends, placement, site)});
            }
        }
    }

    /// The rule's index in Config::rules; made when it is first needed.
    std::size_t variant_for(const graph::Rule& rule,
                            const Dependence& depends,
                            const Placement& placement,
                            std::size_t site) {
        const Arrival& arrival = placement.arrival;
        const TlsClient& client = clients_[placement.gateway];
        const Variant wanted{depends.on_arrival ? arrival : Arrival{},
                             depends.on_match ? sites_[site].index : 0,
                             depends.on_client ? client : TlsClient{}};
        for (const auto& [variant, index] : variants_) {
            if (variant == wanted) return index;
        }
        Rule lowered = lower_rule(rule, {arrival, &sites_[site].match, client}, backends_);
        lowered.route = config_.routes.size() - 1;
        if (depends.on_arrival) {
            lowered.variant = fmt::format("{}-{}", arrival.port, arrival.tls ? "https" : "http");
        }
        const auto add = [&lowered](std::string_view part) {
            if (!lowered.variant.empty()) lowered.variant += '-';
            lowered.variant += part;
        };
        if (depends.on_match) add(fmt::format("match{}", sites_[site].index));
        if (depends.on_client && client.fails) add("no-client");
        if (depends.on_client && client.certificate) {
            add("client-" + config_.client_certificates[*client.certificate].id);
        }
        variants_.emplace_back(wanted, config_.rules.size());
        config_.rules.push_back(std::move(lowered));
        return config_.rules.size() - 1;
    }

    struct Variant {
        Arrival arrival;
        std::size_t match = 0;
        TlsClient client;
        bool operator==(const Variant&) const = default;
    };

    const graph::Graph& graph_;
    diag::Diagnostics& diagnostics_;
    Config config_;
    MergedListeners merged_;
    MergedStreams streams_;
    HostTable hosts_;
    std::vector<std::size_t> ranks_;
    std::vector<MatchSite> sites_;
    BackendTable backends_;
    std::vector<TlsClient> clients_;                         ///< by Gateway
    std::vector<std::pair<Variant, std::size_t>> variants_;  ///< of the present rule
};

}  // namespace

Config lower(const graph::Graph& graph, diag::Diagnostics& diagnostics) {
    return Lowering(graph, diagnostics).run();
}

}  // namespace gatefile::ir
