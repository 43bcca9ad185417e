// SPDX-License-Identifier: Apache-2.0
#include "merge_streams.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "gatefile/ir/match.hpp"

namespace gatefile::ir {
namespace {

using Grouped =
    std::map<std::string_view, std::map<std::string_view, MergedStream, MostSpecificFirst>>;

std::optional<StreamKind> kind_of(const graph::Listener& listener) {
    switch (listener.protocol) {
    case graph::Protocol::Tls:
        return listener.passthrough ? StreamKind::TlsPassthrough : StreamKind::TlsTerminate;
    case graph::Protocol::Tcp:
        return StreamKind::Tcp;
    case graph::Protocol::Udp:
        return StreamKind::Udp;
    case graph::Protocol::Http:
    case graph::Protocol::Https:
    case graph::Protocol::Unsupported:
        break;
    }
    return std::nullopt;
}

/// `Merged`: most specific hostname first.
template <typename Merged, typename IsThere>
std::optional<Source> first_captor(const std::vector<Merged>& all,
                                   IsThere is_there,
                                   std::string_view listener,
                                   std::string_view hostname,
                                   std::size_t gateway) {
    for (const Merged& candidate : all) {
        if (!is_there(candidate) || candidate.hostname == listener ||
            !hostname_covers(listener, candidate.hostname) ||
            !hostname_covers(candidate.hostname, hostname)) {
            continue;
        }
        const bool is_own = std::ranges::any_of(
            candidate.sources, [&](const Source& source) { return source.gateway == gateway; });
        return is_own ? std::nullopt : std::optional(candidate.sources.front());
    }
    return std::nullopt;
}

/// Where nobody gets in, nor to a less specific listener, as TLS that passes through to nowhere.
void add_closed(const graph::Graph& graph, Grouped& grouped) {
    std::set<std::pair<std::string_view, std::string_view>> taken;
    for (const graph::Gateway& gateway : graph.gateways) {
        for (const graph::Listener& listener : gateway.listeners) {
            if (listener.serves) taken.emplace(listener.entry_point, listener.hostname);
        }
    }
    for (const std::size_t g : oldest_first(graph.gateways)) {
        const std::vector<graph::Listener>& listeners = graph.gateways[g].listeners;
        for (std::size_t l = 0; l < listeners.size(); ++l) {
            const graph::Listener& listener = listeners[l];
            if (!listener.closes || taken.contains({listener.entry_point, listener.hostname})) {
                continue;
            }
            MergedStream& stream = grouped[listener.entry_point][listener.hostname];
            stream.kind = StreamKind::TlsPassthrough;
            stream.entry_point = listener.entry_point;
            stream.hostname = listener.hostname;
            stream.sources.push_back({g, l});
            stream.closed = true;
        }
    }
}

}  // namespace

std::optional<Source> MergedStreams::captor(std::string_view entry_point,
                                            std::string_view listener,
                                            std::string_view hostname,
                                            std::size_t gateway) const {
    const auto is_there = [&](const MergedStream& stream) {
        return stream.entry_point == entry_point;
    };
    return first_captor(merged_, is_there, listener, hostname, gateway);
}

std::optional<Source> captor_of_connections(const MergedListeners& merged,
                                            const MergedStream& stream,
                                            std::string_view hostname,
                                            std::size_t gateway) {
    const auto is_there = [&](const MergedListener& listener) {
        return listener.door.tls && listener.door.entry_point == stream.entry_point;
    };
    return first_captor(merged.all(), is_there, stream.hostname, hostname, gateway);
}

MergedStreams::MergedStreams(const graph::Graph& graph) {
    Grouped grouped;
    index_.resize(graph.gateways.size());
    for (const std::size_t g : oldest_first(graph.gateways)) {
        const std::vector<graph::Listener>& listeners = graph.gateways[g].listeners;
        index_[g].resize(listeners.size());
        for (std::size_t l = 0; l < listeners.size(); ++l) {
            const graph::Listener& listener = listeners[l];
            const std::optional<StreamKind> kind = kind_of(listener);
            if (!listener.serves || !kind) continue;
            // The graph lets listeners of one kind only share an entry point and a hostname.
            MergedStream& stream = grouped[listener.entry_point][listener.hostname];
            stream.kind = *kind;
            stream.entry_point = listener.entry_point;
            stream.hostname = listener.hostname;
            stream.sources.push_back({g, l});
        }
    }
    add_closed(graph, grouped);
    for (auto& [entry_point, by_hostname] : grouped) {
        for (auto& [hostname, stream] : by_hostname) {
            for (const Source& source : stream.closed ? std::vector<Source>() : stream.sources)
                index_[source.gateway][source.listener] = merged_.size();
            merged_.push_back(std::move(stream));
        }
    }
}

}  // namespace gatefile::ir
