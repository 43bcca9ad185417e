// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "explain_parts.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/ir/precedence_reason.hpp"

namespace gatefile::analysis {
namespace {

/// How far a loser came; the smallest is nearest.
enum class Distance : std::uint8_t {
    Match,      ///< it matches, and another goes first
    Part,       ///< part of its match does not
    Invalid,    ///< it can never match
    Hostname,   ///< its hostname does not cover the host
    Isolation,  ///< a narrower listener has the host
    Listener,   ///< its listener does not cover the host
    Attached,   ///< it is not accepted there
};

struct Reason {
    Distance distance = Distance::Attached;
    std::string word;
    std::string why;
};

/// By route, rule and match; a reason that concerns the whole route has none of the latter.
using Key = std::tuple<const graph::Route*, std::optional<std::size_t>, std::size_t>;

Reason reason_of(ir::Criterion criterion, std::string_view winner) {
    const auto lost = [&](std::string word, std::string_view why) {
        return Reason{Distance::Match, std::move(word), fmt::format("{} {}", winner, why)};
    };
    switch (criterion) {
    case ir::Criterion::WrittenHostname:
        return lost("written-hostname", "is written for a more specific hostname");
    case ir::Criterion::PathKind:
        return lost("path-kind",
                    "has a kind of path that goes first (Exact, RegularExpression, PathPrefix)");
    case ir::Criterion::PathLength:
        return lost("path-length", "has a longer path");
    case ir::Criterion::CallMethodLength:
        return lost("grpc-method-length", "has a longer gRPC method");
    case ir::Criterion::Method:
        return lost("method-match", "asks for a method");
    case ir::Criterion::Headers:
        return lost("header-count", "asks for more headers");
    case ir::Criterion::QueryParams:
        return lost("query-param-count", "asks for more query parameters");
    case ir::Criterion::Age:
        return lost("age", "is of the older route");
    case ir::Criterion::Name:
        return lost("name", "is of the route that comes first by namespace and name");
    case ir::Criterion::RuleOrder:
        return lost("rule-order", "is of an earlier rule");
    case ir::Criterion::MatchOrder:
        return lost("match-order", "is an earlier match of the rule");
    }
    return {};
}

class Losers {
public:
    Losers(const Case& one,
           std::optional<std::size_t> listener,
           const std::optional<ir::Outcome>& winner)
        : one_(one), listener_(listener), winner_(winner), host_(ir::host_name(one.question.host)) {
        for (const graph::Route& route : one.graph.routes) {
            const api::Meta& meta = route.spec->meta;
            routes_[{std::string(api::name_of(route.spec->kind)), meta.ns, meta.name}] = &route;
        }
    }

    std::vector<Loser> find() {
        if (listener_) add_entries();
        for (const graph::Route& route : one_.graph.routes) {
            add_invalid(route);
            if (!came_close(route)) add_route(route);
        }
        return sorted();
    }

private:
    void add(const Key& key, Reason reason) {
        const auto [at, is_new] = reasons_.try_emplace(key, reason);
        if (!is_new && reason.distance < at->second.distance) at->second = std::move(reason);
    }

    bool came_close(const graph::Route& route) const { return close_.contains(&route); }

    const graph::Route* route_of(const ir::Entry& entry) const {
        return routes_.at(one_.config.routes[one_.config.rules[entry.rule].route]);
    }

    ir::Contender contender(const ir::Host& host, const ir::Entry& entry) const {
        const graph::Route* route = route_of(entry);
        const ir::Listener& listener = one_.config.listeners[*listener_];
        return {route,
                one_.config.rules[entry.rule].index,
                entry.match_index,
                written_hostname(one_.graph, *route, listener.sources, host.hostname)};
    }

    std::string name_of_winner(const ir::Entry& entry) const {
        const ir::RouteId& id = one_.config.routes[one_.config.rules[entry.rule].route];
        return fmt::format("{} rules[{}].matches[{}]",
                           object_of(id).text(),
                           one_.config.rules[entry.rule].index,
                           entry.match_index);
    }

    void add_entries() {
        const ir::Listener& listener = one_.config.listeners[*listener_];
        for (std::size_t h = 0; h < listener.hosts.size(); ++h) {
            if (!ir::hostname_covers(listener.hosts[h].hostname, host_)) continue;
            for (std::size_t e = 0; e < listener.hosts[h].entries.size(); ++e) {
                const ir::Entry& entry = listener.hosts[h].entries[e];
                close_[route_of(entry)] = true;
                if (winner_ && winner_->host == h && winner_->entry == e) {
                    const ir::Contender took = contender(listener.hosts[h], entry);
                    taken_ = Key{took.route, took.rule, took.match};
                    continue;
                }
                add_entry(listener, h, entry);
            }
        }
    }

    void add_entry(const ir::Listener& listener, std::size_t h, const ir::Entry& entry) {
        const ir::Host& host = listener.hosts[h];
        const ir::Contender lost = contender(host, entry);
        const Key key{lost.route, lost.rule, lost.match};
        if (const auto mismatch = one_.matcher.mismatch(entry.match, one_.request)) {
            add(key, lacking(entry.match, *mismatch));
            return;
        }
        if (!winner_) return;
        const ir::Host& first_host = listener.hosts[winner_->host];
        const ir::Entry& first = first_host.entries[winner_->entry];
        const std::string name = name_of_winner(first);
        if (winner_->host != h) {
            add(key,
                {Distance::Match,
                 "hostname",
                 fmt::format("{} is for {}, which is more specific than {}",
                             name,
                             hostname_text(first_host.hostname),
                             hostname_text(host.hostname))});
            return;
        }
        add(key, reason_of(ir::decisive(contender(first_host, first), lost), name));
    }

    Reason lacking(const ir::Match& match, const ir::Mismatch& mismatch) const {
        using Part = ir::Mismatch::Part;
        const auto value = [](std::string_view what, const ir::ValueMatch& wanted) {
            return fmt::format("no {} {} {} {}",
                               what,
                               base::quote_for_message(wanted.name),
                               wanted.kind == ir::ValueKind::Exact ? "is" : "matches",
                               base::quote_for_message(wanted.value));
        };
        switch (mismatch.part) {
        case Part::Method:
            return {Distance::Part, "method", "the method is not " + match.method.value_or("")};
        case Part::Path:
            return {Distance::Part, "path", "the path is not " + path_text(match.path)};
        case Part::Header:
            return {Distance::Part, "header", value("header", match.headers[mismatch.index])};
        case Part::QueryParam:
            return {Distance::Part,
                    "query-param",
                    value("query parameter", match.query[mismatch.index])};
        }
        return {};
    }

    static std::string path_text(const ir::PathMatch& path) {
        const std::string value = base::quote_for_message(path.value, 200);
        switch (path.kind) {
        case ir::PathKind::Exact:
            return value;
        case ir::PathKind::Prefix:
            return "at or below " + value;
        case ir::PathKind::Regex:
            return "one that matches " + value;
        }
        return value;
    }

    void add_invalid(const graph::Route& route) {
        if (!came_close(route)) return;
        for (const graph::Rule& rule : route.rules) {
            for (std::size_t i = 0; i < rule.match_valid.size(); ++i) {
                if (rule.match_valid[i]) continue;
                add({&route, rule.index, i},
                    {Distance::Invalid,
                     "invalid",
                     "the match is refused, gatefile check says why"});
            }
        }
    }

    void add_route(const graph::Route& route) {
        const Key key{&route, std::nullopt, 0};
        for (const graph::Parent& parent : route.parents) {
            if (!parent.accepted) {
                add(key,
                    {Distance::Attached,
                     "not-attached",
                     fmt::format(
                         "{} does not take it, gatefile check says why",
                         diag::ObjectRef{"Gateway",
                                         one_.graph.gateways[parent.gateway].spec->meta.ns,
                                         one_.graph.gateways[parent.gateway].spec->meta.name}
                             .text())});
                continue;
            }
            for (const graph::Attachment& attachment : parent.attachments)
                add(key, elsewhere(attachment));
        }
    }

    Reason elsewhere(const graph::Attachment& attachment) const {
        const graph::Listener& listener =
            one_.graph.gateways[attachment.gateway].listeners[attachment.listener];
        const std::string name = base::quote_for_message(listener.spec->name);
        const bool is_tls = listener.protocol == graph::Protocol::Https;
        if (listener.entry_point.empty() || listener.entry_point != one_.request.entry_point ||
            is_tls != one_.request.tls) {
            return {Distance::Attached,
                    "other-port",
                    fmt::format("its listener {} is on port {} ({})",
                                name,
                                listener.spec->port,
                                listener.spec->protocol)};
        }
        if (!ir::hostname_covers(listener.hostname, host_)) {
            return {
                Distance::Listener,
                "listener-hostname",
                fmt::format("its listener {} is for {}", name, hostname_text(listener.hostname))};
        }
        const bool chosen =
            listener_ && one_.config.listeners[*listener_].hostname == listener.hostname;
        if (!chosen && !listener_) {
            return {Distance::Isolation,
                    "listener-isolation",
                    fmt::format("its listener {} is for {}, and a listener for TLSRoutes or "
                                "TCPRoutes has the connection",
                                name,
                                hostname_text(listener.hostname))};
        }
        if (!chosen) {
            return {Distance::Isolation,
                    "listener-isolation",
                    fmt::format("its listener {} is for {}, and a listener for {} has the host",
                                name,
                                hostname_text(listener.hostname),
                                hostname_text(one_.config.listeners[*listener_].hostname))};
        }
        std::vector<std::string> names;
        for (const graph::EffectiveHostname& hostname : attachment.hostnames)
            names.push_back(hostname_text(hostname.hostname));
        return {Distance::Hostname, "hostname", "it is for " + base::join(names, ", ")};
    }

    std::vector<Loser> sorted() const {
        std::vector<std::pair<const Key*, const Reason*>> order;
        for (const auto& [key, reason] : reasons_) {
            if (!taken_ || key != *taken_) order.emplace_back(&key, &reason);
        }
        // Pointers into the graph's vector are in the order of namespace and name.
        std::ranges::stable_sort(order, {}, [](const auto& one) { return one.second->distance; });
        std::vector<Loser> out;
        for (const auto& [key, reason] : order) {
            const auto& [route, rule, match] = *key;
            diag::Path path;
            if (rule) path = diag::Path("spec.rules") / *rule / "matches" / match;
            const api::Meta& meta = route->spec->meta;
            out.push_back(
                {find_written(one_.graph,
                              {std::string(api::name_of(route->spec->kind)), meta.ns, meta.name},
                              path),
                 reason->word,
                 reason->why,
                 reason->distance == Distance::Match});
        }
        return out;
    }

    const Case& one_;
    std::optional<std::size_t> listener_;
    const std::optional<ir::Outcome>& winner_;
    std::string host_;
    std::map<ir::RouteId, const graph::Route*> routes_;
    std::map<const graph::Route*, bool> close_;
    std::optional<Key> taken_;
    std::map<Key, Reason> reasons_;
};

}  // namespace

std::vector<Loser> losers_of(const Case& one,
                             std::optional<std::size_t> listener,
                             const std::optional<ir::Outcome>& winner) {
    return Losers(one, listener, winner).find();
}

}  // namespace gatefile::analysis
