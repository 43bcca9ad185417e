// SPDX-License-Identifier: Apache-2.0
#include "merge_listeners.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/diag/diagnostic.hpp"

namespace gatefile::ir {
namespace {

std::string listener_text(const graph::Graph& graph, const Source& source) {
    const graph::Gateway& gateway = graph.gateways[source.gateway];
    const graph::Listener& listener = gateway.listeners[source.listener];
    return fmt::format("listener {} of {}",
                       base::quote_for_message(listener.spec->name),
                       graph::owner_of(gateway, listener).text());
}

std::string hostname_text(std::string_view hostname) {
    return hostname.empty() ? std::string("any host") : base::quote_for_message(hostname);
}

bool takes_requests(const graph::Listener& listener) {
    return listener.protocol == graph::Protocol::Http ||
           listener.protocol == graph::Protocol::Https;
}

}  // namespace

std::vector<std::size_t> oldest_first(const std::vector<graph::Gateway>& gateways) {
    std::vector<std::size_t> order(gateways.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    const auto key = [&](std::size_t i) {
        const api::Meta& meta = gateways[i].spec->meta;
        return seniority(meta.created, meta.ns, meta.name);
    };
    std::ranges::sort(order, {}, key);
    return order;
}

diag::ObjectRef object_of(const ListenerId& listener) {
    if (listener.set.empty()) return {"Gateway", listener.gateway_ns, listener.gateway};
    return {"ListenerSet", listener.set_ns, listener.set};
}

MergedListeners::MergedListeners(const graph::Graph& graph) {
    std::map<Door, std::map<std::string_view, std::vector<Source>, MostSpecificFirst>> grouped;
    index_.resize(graph.gateways.size());
    for (const std::size_t g : oldest_first(graph.gateways)) {
        const std::vector<graph::Listener>& listeners = graph.gateways[g].listeners;
        index_[g].resize(listeners.size());
        for (std::size_t l = 0; l < listeners.size(); ++l) {
            const graph::Listener& listener = listeners[l];
            if (!listener.serves || !takes_requests(listener)) continue;
            const Door door{listener.entry_point, listener.protocol == graph::Protocol::Https};
            // The graph lets only those share a hostname that ask clients for the same.
            grouped[door][listener.hostname].push_back({g, l});
        }
    }
    for (auto& [door, by_hostname] : grouped) {
        DoorState& state = doors_[door];
        const std::size_t first_gateway = by_hostname.begin()->second.front().gateway;
        for (auto& [hostname, sources] : by_hostname) {
            state.listeners.emplace(hostname, merged_.size());
            for (const Source& source : sources) {
                index_[source.gateway][source.listener] = merged_.size();
                state.shared = state.shared || source.gateway != first_gateway;
            }
            merged_.push_back({door, hostname, std::move(sources)});
        }
    }
}

/// Most specific first: `hostname` itself, its wildcards, any.
std::vector<std::size_t> MergedListeners::covering(const DoorState& door,
                                                   std::string_view hostname) const {
    std::vector<std::size_t> found;
    const auto look_up = [&](std::string_view name) {
        const auto at = door.listeners.find(name);
        if (at != door.listeners.end()) found.push_back(at->second);
    };
    if (!hostname.empty()) look_up(hostname);
    std::string wildcard;
    const std::size_t start = hostname.starts_with("*.") ? 2 : 0;
    for (std::size_t dot = hostname.find('.', start); dot != std::string_view::npos;
         dot = hostname.find('.', dot + 1)) {
        wildcard.assign("*").append(hostname.substr(dot));
        look_up(wildcard);
    }
    look_up("");
    return found;
}

bool MergedListeners::has_gateway(std::size_t merged, std::size_t gateway) const {
    return std::ranges::any_of(merged_[merged].sources,
                               [&](const Source& source) { return source.gateway == gateway; });
}

std::optional<std::size_t>
MergedListeners::captor(std::size_t merged, std::string_view hostname, std::size_t gateway) const {
    const DoorState& door = doors_.find(merged_[merged].door)->second;
    if (!door.shared) return std::nullopt;
    std::optional<std::size_t> narrowest;
    for (const std::size_t candidate : covering(door, hostname)) {
        if (candidate == merged) return narrowest;
        if (has_gateway(candidate, gateway)) return std::nullopt;
        if (!narrowest) narrowest = candidate;
    }
    return std::nullopt;
}

void MergedListeners::report_captures(const graph::Graph& graph,
                                      diag::Diagnostics& diagnostics) const {
    struct Loss {
        Source source;
        std::size_t first_captor = 0;
        std::size_t count = 0;
    };
    std::map<std::pair<std::size_t, std::size_t>, Loss> losses;
    for (std::size_t narrow = 0; narrow < merged_.size(); ++narrow) {
        const DoorState& door = doors_.find(merged_[narrow].door)->second;
        if (!door.shared) continue;
        std::vector<std::size_t> settled;
        for (const Source& source : merged_[narrow].sources)
            settled.push_back(source.gateway);
        for (const std::size_t wide : covering(door, merged_[narrow].hostname)) {
            if (wide == narrow) continue;
            for (const Source& source : merged_[wide].sources) {
                if (std::ranges::find(settled, source.gateway) != settled.end()) continue;
                settled.push_back(source.gateway);
                Loss& loss = losses[{source.gateway, source.listener}];
                if (loss.count++ == 0) loss = {source, narrow, 1};
            }
        }
    }
    for (const auto& [key, loss] : losses) {
        const graph::Gateway& gateway = graph.gateways[loss.source.gateway];
        const graph::Listener& listener = gateway.listeners[loss.source.listener];
        const MergedListener& captor = merged_[loss.first_captor];
        const std::string more =
            loss.count > 1 ? fmt::format(", and {} more hostnames likewise", loss.count - 1) : "";
        diagnostics.add({
            .code = diag::Code::HostCaptured,
            .object = graph::owner_of(gateway, listener),
            .path = diag::Path("spec.listeners") / listener.spec_index,
            .detail = fmt::format("requests for {} on entry point {} go to {}{}",
                                  hostname_text(captor.hostname),
                                  base::quote_for_message(captor.door.entry_point),
                                  listener_text(graph, captor.sources.front()),
                                  more),
            .hint = "give the Gateways entry points of their own",
            .listener = listener.spec->name,
        });
    }
}

std::vector<ListenerId> listener_ids(const graph::Graph& graph,
                                     const std::vector<Source>& sources) {
    std::vector<ListenerId> ids;
    for (const Source& source : sources) {
        const graph::Gateway& gateway = graph.gateways[source.gateway];
        const graph::Listener& listener = gateway.listeners[source.listener];
        ListenerId& id = ids.emplace_back(ListenerId{gateway.spec->meta.ns,
                                                     gateway.spec->meta.name,
                                                     listener.spec->name,
                                                     listener.spec->port});
        if (listener.set == nullptr) continue;
        id.set_ns = listener.set->meta.ns;
        id.set = listener.set->meta.name;
    }
    return ids;
}

diag::Diagnostic host_captured(const graph::Graph& graph,
                               const Source& captor,
                               const api::Route& route,
                               std::size_t parent,
                               std::string_view hostname) {
    return {
        .code = diag::Code::HostCaptured,
        .object = {std::string(api::name_of(route.kind)), route.meta.ns, route.meta.name},
        .path = diag::Path("spec.hostnames"),
        .detail = fmt::format("requests for {} go to {}, which shares the entry point",
                              base::quote_for_message(hostname),
                              listener_text(graph, captor)),
        .hint = "attach the route to that Gateway, or give the Gateways entry points of their own",
        .parent = parent,
    };
}

std::vector<Listener> lower_listeners(const graph::Graph& graph, const MergedListeners& merged) {
    std::vector<Listener> lowered;
    lowered.reserve(merged.all().size());
    for (const MergedListener& from : merged.all()) {
        Listener& listener = lowered.emplace_back();
        listener.entry_point = from.door.entry_point;
        listener.hostname = from.hostname;
        if (from.door.tls) listener.tls.emplace();
        listener.sources = listener_ids(graph, from.sources);
    }
    return lowered;
}

}  // namespace gatefile::ir
