// SPDX-License-Identifier: Apache-2.0
#include "gatefile/analysis/explain.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "explain_parts.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::analysis {
namespace {

struct EntryPoint {
    std::string name;
    const graph::SlotPort* port = nullptr;
};

bool is_asked_for(const Question& question, const graph::Gateway& gateway) {
    return question.gateway.empty() || (gateway.spec->meta.name == question.gateway &&
                                        gateway.spec->meta.ns == question.gateway_ns);
}

const graph::SlotPort* find_port(const graph::Graph& graph, std::string_view entry_point) {
    for (const graph::Slot& slot : graph.capabilities.slots) {
        for (const graph::SlotPort& port : slot.ports) {
            if (port.entry_point == entry_point && port.transport == graph::Transport::Tcp)
                return &port;
        }
    }
    return nullptr;
}

/// Where listeners serve the port: by the port that they name, else by that of the entry point.
std::vector<EntryPoint> entry_points(const graph::Graph& graph, const Question& question) {
    for (const bool bound : {false, true}) {
        std::vector<EntryPoint> found;
        for (const graph::Gateway& gateway : graph.gateways) {
            if (!is_asked_for(question, gateway)) continue;
            for (const graph::Listener& listener : gateway.listeners) {
                if (listener.entry_point.empty() || (!listener.serves && !listener.closes))
                    continue;
                const graph::SlotPort* port = find_port(graph, listener.entry_point);
                const bool meant = bound ? port != nullptr && port->bound_port == question.port
                                         : listener.spec->port == question.port;
                if (!meant || listener.protocol == graph::Protocol::Udp) continue;
                const bool known = std::ranges::any_of(found, [&](const EntryPoint& other) {
                    return other.name == listener.entry_point;
                });
                if (!known) found.push_back({listener.entry_point, port});
            }
        }
        if (!found.empty()) return found;
    }
    return {};
}

/// An entry point with the port that no listener uses.
std::vector<EntryPoint> unused_entry_point(const graph::Graph& graph, const Question& question) {
    if (!question.gateway.empty()) return {};
    for (const graph::Slot& slot : graph.capabilities.slots) {
        for (const graph::SlotPort& port : slot.ports) {
            const bool meant = port.port == question.port || port.bound_port == question.port;
            if (meant && port.transport == graph::Transport::Tcp)
                return {{port.entry_point, &port}};
        }
    }
    return {};
}

std::string no_listener(const Question& question) {
    return fmt::format(
        "no listener{} serves port {}",
        question.gateway.empty()
            ? std::string()
            : fmt::format(" of Gateway {}/{}", question.gateway_ns, question.gateway),
        question.port);
}

/// A stream that takes every connection of an entry point.
const ir::Stream* tcp_stream(const Case& one) {
    const auto at = std::ranges::find_if(one.config.streams, [&](const ir::Stream& stream) {
        return stream.kind == ir::StreamKind::Tcp && stream.entry_point == one.request.entry_point;
    });
    return at == one.config.streams.end() ? nullptr : &*at;
}

void explain_request(const Case& one, const NameOwner& owner, Explanation& out) {
    const auto listener = one.matcher.listener_of(one.request);
    const auto outcome = one.matcher.match(one.request);
    if (listener) {
        out.listeners = listeners_of(one.graph, one.config.listeners[*listener].sources);
        out.hostname = one.config.listeners[*listener].hostname;
    }
    out.losers = losers_of(one, listener, outcome);
    if (one.question.tls && is_misdirected(one, owner, listener)) {
        out.outcome = Outcome::Misdirected;
        out.reply = Reply{421, {}};
        out.summary = fmt::format("answered 421: the server name {} is not of the listener that "
                                  "has the host {}",
                                  hostname_text(one.question.sni.value_or("")),
                                  hostname_text(ir::host_name(one.question.host)));
        return;
    }
    if (!outcome) {
        out.outcome = Outcome::NotFound;
        out.reply = Reply{404, {}};
        out.summary = listener ? "answered 404: no match of a route there takes it"
                               : "answered 404: no listener there has the host";
        return;
    }
    follow_rule(one, *outcome, out);
}

Explanation explain_at(const Case& one, const EntryPoint& at) {
    Explanation out;
    out.question = one.question;
    out.entry_point = at.name;
    if (at.port != nullptr && !at.port->redirects_to.empty()) {
        out.outcome = Outcome::Answered;
        out.summary = "redirected to the entry point " + at.port->redirects_to +
                      " by Traefik's static configuration, before any route is asked";
        return out;
    }
    if (at.port != nullptr) {
        for (const std::string& clause : at.port->alterations)
            out.notes.push_back("the entry point " + clause);
    }
    const bool has_listener = std::ranges::any_of(one.config.listeners, [&](const auto& listener) {
        return listener.entry_point == at.name && listener.tls.has_value() == one.question.tls;
    });
    NameOwner owner;
    if (one.question.tls) {
        owner = owner_of_name(one);
        if (owner.stream) {
            follow_stream(one, one.config.streams[*owner.stream], out);
            return out;
        }
    }
    if (const ir::Stream* stream = has_listener ? nullptr : tcp_stream(one)) {
        follow_stream(one, *stream, out);
        return out;
    }
    if (one.question.tls && !shake_hands(one, owner, out)) return out;
    explain_request(one, owner, out);
    return out;
}

}  // namespace

std::string_view outcome_name(Outcome outcome) {
    switch (outcome) {
    case Outcome::NoListener:
        return "no-listener";
    case Outcome::Refused:
        return "refused";
    case Outcome::Closed:
        return "closed";
    case Outcome::PassedOn:
        return "passed-on";
    case Outcome::Misdirected:
        return "misdirected";
    case Outcome::NotFound:
        return "not-found";
    case Outcome::Answered:
        return "answered";
    case Outcome::Forwarded:
        return "forwarded";
    }
    return "";
}

Explanation explain(const graph::Graph& graph,
                    const ir::Config& config,
                    const ir::Matcher& matcher,
                    const Question& question,
                    const ExplainSettings& settings) {
    std::vector<EntryPoint> places = entry_points(graph, question);
    if (places.empty()) places = unused_entry_point(graph, question);
    std::optional<Explanation> best;
    for (const EntryPoint& place : places) {
        const Case one{graph,
                       config,
                       matcher,
                       question,
                       settings,
                       {.entry_point = place.name,
                        .tls = question.tls,
                        .host = question.host,
                        .method = question.method,
                        .path = question.path,
                        .query = parse_query(question.query),
                        .headers = question.headers}};
        Explanation found = explain_at(one, place);
        const bool better = !best || (!best->taken && found.taken);
        if (better) best = std::move(found);
    }
    if (!best) {
        Explanation out;
        out.question = question;
        out.summary = no_listener(question);
        return out;
    }
    if (places.size() > 1) {
        best->notes.push_back(fmt::format(
            "{} entry points serve port {}; --gateway chooses one", places.size(), question.port));
    }
    return std::move(*best);
}

}  // namespace gatefile::analysis
