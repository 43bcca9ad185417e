// SPDX-License-Identifier: Apache-2.0
#include "gatefile/analysis/explain.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "evaluate.hpp"
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

/// The listener's own filters, after which matches are looked for in what they have made of the
/// request. False: one of them cannot be run, and `out` has the outcome.
bool run_first(Case& one, const ir::Listener& listener, Explanation& out) {
    if (listener.fail) {
        out.outcome = Outcome::Answered;
        out.reply = Reply{listener.fail->status, {}};
        out.summary = fmt::format("answered {}: a filter of the listener cannot be run, gatefile "
                                  "check says why",
                                  listener.fail->status);
        return false;
    }
    if (listener.filters.empty()) return true;
    Evaluation arriving = begin(one.question, one.trusts_forwarded);
    arriving.seen.headers.clear();
    for (const auto& [name, value] : one.request.headers)
        arriving.seen.headers.push_back({name, value});
    const Evaluation run = run_filters(std::move(arriving),
                                       listener.filters,
                                       one.config,
                                       one.question,
                                       one.settings.redirects);
    for (const Step& step : run.steps)
        out.notes.push_back("first the listener's " + step.filter + " " + step.effect);
    if (!run.unsure.empty()) {
        out.unsure = "the listener " + run.unsure;
        out.notes.emplace_back("what is said holds for a request that it leaves as it is");
    }
    one.request.path = path_part(run.seen.target);
    one.request.headers.clear();
    for (const ir::Header& header : run.seen.headers)
        one.request.headers.emplace_back(header.name, header.value);
    return true;
}

void explain_request(Case one, Explanation& out) {
    const auto listener = one.matcher.listener_of(one.request);
    if (listener) {
        out.listeners = listeners_of(one.graph, one.config.listeners[*listener].sources);
        out.hostname = one.config.listeners[*listener].hostname;
    }
    if (one.question.tls && listener && is_misdirected(one, *listener, out)) {
        out.losers = losers_of(one, listener, one.matcher.match(one.request));
        out.outcome = Outcome::Misdirected;
        out.reply = Reply{421, {}};
        out.summary = fmt::format("answered 421: the server name {} is not of the listener that "
                                  "has the host {}",
                                  hostname_text(one.question.sni.value_or("")),
                                  hostname_text(ir::host_name(one.question.host)));
        return;
    }
    const bool runs = !listener || run_first(one, one.config.listeners[*listener], out);
    const auto outcome = one.matcher.match(one.request);
    out.losers = losers_of(one, listener, outcome);
    if (!runs) return;
    if (!outcome) {
        out.outcome = Outcome::NotFound;
        out.reply = Reply{404, {}};
        out.summary = listener ? "answered 404: no match of a route there takes it"
                               : "answered 404: no listener there has the host";
        return;
    }
    follow_rule(one, *outcome, out);
}

void append(std::vector<Loser> more, std::vector<Loser>& losers) {
    losers.insert(losers.end(),
                  std::make_move_iterator(more.begin()),
                  std::make_move_iterator(more.end()));
}

/// Of a connection that is no HTTP request of a listener: all other routes.
void add_all_losers(const Case& one, Explanation& out) {
    out.losers = stream_losers(one, out.taken);
    append(losers_of(one, std::nullopt, std::nullopt), out.losers);
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
            const ir::Stream& stream = one.config.streams[*owner.stream];
            if (!shake_hands(one, stream, out)) return out;
            follow_stream(one, stream, out);
            add_all_losers(one, out);
            return out;
        }
    }
    if (const ir::Stream* stream = has_listener ? nullptr : tcp_stream(one)) {
        follow_stream(one, *stream, out);
        add_all_losers(one, out);
        return out;
    }
    if (one.question.tls && !shake_hands(one, owner, out)) return out;
    explain_request(one, out);
    // Those of other server names could have had the connection.
    if (one.question.tls) append(stream_losers(one, out.taken), out.losers);
    return out;
}

/// As routers see them: with those that the entry point sets, as far as they are known.
std::vector<std::pair<std::string, std::string>> arriving_headers(const Question& question,
                                                                  bool trusts_forwarded) {
    std::vector<std::pair<std::string, std::string>> out;
    for (const auto& header : question.headers) {
        if (trusts_forwarded || !is_forwarded_header(header.first)) out.push_back(header);
    }
    const auto add = [&](std::string_view name, std::string value) {
        const bool kept = std::ranges::any_of(out, [&](const auto& header) {
            return base::equals_ignoring_case(header.first, name);
        });
        if (!kept && !value.empty()) out.emplace_back(name, std::move(value));
    };
    const std::size_t colon = question.host.rfind(':');
    const bool has_port = colon != std::string::npos && colon + 1 < question.host.size() &&
                          question.host.find(']', colon) == std::string::npos;
    add("X-Forwarded-Proto", question.tls ? "https" : "http");
    add("X-Forwarded-Port",
        has_port ? question.host.substr(colon + 1) : std::string(question.tls ? "443" : "80"));
    add("X-Forwarded-Host", question.host);
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
        const bool trusts = place.port != nullptr && place.port->trusts_forwarded;
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
                        .query = parse_query(separated_query(question.query)),
                        .headers = arriving_headers(question, trusts)},
                       trusts};
        Explanation found = explain_at(one, place);
        const bool better = !best || (!best->taken && found.taken);
        if (better) best = std::move(found);
    }
    if (!best) {
        Explanation out;
        out.question = question;
        out.summary = no_listener(question);
        const ir::Request nowhere{.entry_point = {},
                                  .tls = question.tls,
                                  .host = question.host,
                                  .method = question.method,
                                  .path = question.path,
                                  .query = {},
                                  .headers = {}};
        add_all_losers({graph, config, matcher, question, settings, nowhere}, out);
        return out;
    }
    if (places.size() > 1) {
        best->notes.push_back(fmt::format(
            "{} entry points serve port {}; --gateway chooses one", places.size(), question.port));
    }
    return std::move(*best);
}

}  // namespace gatefile::analysis
