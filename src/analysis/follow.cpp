// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "evaluate.hpp"
#include "explain_parts.hpp"
#include "gatefile/base/overloaded.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/base/time.hpp"

namespace gatefile::analysis {
namespace {

std::string_view filter_name(const api::HttpFilter& filter) {
    return std::visit(
        base::Overloaded{
            [](const api::RequestHeaderModifier&) { return "requestHeaderModifier"; },
            [](const api::ResponseHeaderModifier&) { return "responseHeaderModifier"; },
            [](const api::RequestRedirect&) { return "requestRedirect"; },
            [](const api::UrlRewrite&) { return "urlRewrite"; },
            [](const api::RequestMirror&) { return "requestMirror"; },
            [](const api::Cors&) { return "cors"; },
            [](const api::ExternalAuth&) { return "externalAuth"; },
            [](const api::ExtensionRef&) { return "extensionRef"; },
        },
        filter);
}

/// Steps come in the order of the filters of one kind; each written filter has one, but for
/// Middlewares that are chains.
void place_steps(const graph::Graph& graph,
                 const diag::ObjectRef& route,
                 const diag::Path& path,
                 const std::vector<graph::Filter>& filters,
                 std::vector<Step>& steps) {
    std::vector<std::size_t> left(filters.size(), 1);
    for (std::size_t i = 0; i < filters.size(); ++i)
        left[i] = std::max<std::size_t>(1, filters[i].extensions.size());
    for (Step& step : steps) {
        for (std::size_t i = 0; i < filters.size(); ++i) {
            if (left[i] == 0 || filter_name(*filters[i].spec) != step.filter) continue;
            --left[i];
            step.written = find_written(graph, route, path / "filters" / i);
            break;
        }
    }
}

std::string retries_text(const ir::Retry& retry) {
    std::string out = fmt::format("up to {} retries", retry.attempts);
    if (!retry.codes.empty())
        out += fmt::format(", also after {}", fmt::join(retry.codes, ", "));
    return out;
}

std::vector<std::string> settings_of(const ir::Rule& rule) {
    std::vector<std::string> out;
    if (rule.request_timeout)
        out.push_back("request timeout " + base::format_go_duration(*rule.request_timeout));
    if (rule.backend_timeout)
        out.push_back("timeout of each try " + base::format_go_duration(*rule.backend_timeout));
    if (rule.retry) out.push_back(retries_text(*rule.retry));
    if (rule.stickiness) out.emplace_back("a session stays with its backend");
    return out;
}

std::string address_text(const ir::Endpoint& endpoint) {
    const bool ipv6 = endpoint.host.find(':') != std::string::npos;
    return fmt::format(
        "{}{}{}:{}", ipv6 ? "[" : "", endpoint.host, ipv6 ? "]" : "", endpoint.port);
}

std::string role_of(const ir::Composite& composite, std::size_t index) {
    const int share = composite.parts[index].share;
    switch (composite.kind) {
    case ir::CompositeKind::Weighted:
        return fmt::format("weight {}", share);
    case ir::CompositeKind::HighestRandomWeight:
        return fmt::format("weight {}, the same client always the same one", share);
    case ir::CompositeKind::Mirroring:
        return index == 0 ? std::string("answers") : fmt::format("gets a copy of {} %", share);
    case ir::CompositeKind::Failover:
        return index == 0 ? "answers" : "answers while the first is down";
    }
    return "";
}

Evaluation run(const Case& one, Evaluation so_far, const std::vector<ir::Filter>& filters) {
    return run_filters(
        std::move(so_far), filters, one.config, one.question, one.settings.redirects);
}

/// The same request, and what is told of the way to here left out.
Evaluation without_steps(Evaluation before) {
    before.steps.clear();
    before.unsure.clear();
    return before;
}

/// The first of what may do anything.
struct Unsure {
    std::string& text;

    void add(std::string_view who, const Evaluation& run) {
        if (text.empty() && !run.unsure.empty()) text = fmt::format("{} {}", who, run.unsure);
    }
};

/// Each of these filters is a Middleware and has one step.
void name_middlewares(const graph::Graph& graph,
                      const std::vector<ir::Filter>& filters,
                      std::vector<Step>& steps) {
    for (std::size_t i = 0; i < std::min(steps.size(), filters.size()); ++i) {
        if (const auto* middleware = std::get_if<ir::ExtensionFilter>(&filters[i])) {
            steps[i].written =
                find_written(graph, {"Middleware", middleware->ns, middleware->name}, {});
        }
    }
}

/// The graph has seen to it that none is in itself.
std::vector<SharePart>
parts_of(const Case& one, const ir::Backend& backend, const Evaluation& before, Unsure& unsure) {
    std::vector<SharePart> parts;
    if (!backend.composite) return parts;
    const ir::Composite& composite = one.config.composites[*backend.composite];
    for (std::size_t i = 0; i < composite.parts.size(); ++i) {
        const std::vector<ir::Filter>& filters = composite.parts[i].filters;
        Evaluation after = run(one, without_steps(before), filters);
        name_middlewares(one.graph, filters, after.steps);
        unsure.add("a part of a TraefikService", after);
        const ir::Backend& part = one.config.backends[composite.parts[i].backend];
        SharePart& found = parts.emplace_back();
        found.backend = part;
        found.role = role_of(composite, i);
        found.parts = parts_of(one, part, after, unsure);
        found.steps = std::move(after.steps);
    }
    return parts;
}

Share share_of(const Case& one,
               const ir::Member& member,
               const graph::Rule& rule,
               const diag::ObjectRef& route,
               const Evaluation& before,
               Unsure& unsure) {
    const diag::Path path = diag::Path("spec.rules") / rule.index / "backendRefs" / member.ref;
    Share share{.written = find_written(one.graph, route, path), .weight = member.weight};
    if (!member.backend) {
        share.status = member.fail.status;
        return share;
    }
    share.backend = one.config.backends[*member.backend];
    Evaluation after = without_steps(before);
    after.changes.clear();
    after = run(one, std::move(after), member.filters);
    unsure.add("the backendRef", after);
    share.parts = parts_of(one, *share.backend, after, unsure);
    share.steps = std::move(after.steps);
    if (member.ref < rule.backends.size()) {
        place_steps(one.graph, route, path, rule.backends[member.ref].filters, share.steps);
    }
    share.reply = std::move(after.changes);
    if (after.reply) {
        share.status = after.reply->status;
        for (const ir::Header& header : after.reply->headers)
            if (header.name == "Location") share.location = header.value;
    } else if (share.backend->endpoints.empty() && !share.backend->composite) {
        share.status = 503;
    } else {
        share.seen = std::move(after.seen);
        if (!share.seen->target.starts_with('/')) share.seen->target.insert(0, "/");
        // A request without a host is for the server that gets it.
        if (share.seen->host.empty() && !share.backend->endpoints.empty())
            share.seen->host = address_text(share.backend->endpoints.front());
    }
    return share;
}

void set_percents(std::vector<Share>& shares) {
    double total = 0;
    for (const Share& share : shares)
        total += share.weight;
    for (Share& share : shares)
        share.percent = 100.0 * share.weight / std::max(total, 1.0);
}

std::string backend_text(const ir::Backend& backend) {
    if (backend.composite) return fmt::format("TraefikService {}/{}", backend.ns, backend.name);
    return fmt::format("{}/{}:{}", backend.ns, backend.name, backend.port);
}

void forward(const Case& one,
             const ir::Forward& forward,
             const graph::Rule& rule,
             const Evaluation& before,
             Explanation& out) {
    Unsure unsure{out.unsure};
    for (const ir::Member& member : forward.members)
        out.shares.push_back(share_of(one, member, rule, out.taken->route.object, before, unsure));
    set_percents(out.shares);
    const Share& first = out.shares.front();
    const bool all_answer = std::ranges::all_of(
        out.shares, [](const Share& share) { return share.status.has_value(); });
    if (all_answer) {
        out.outcome = Outcome::Answered;
        out.reply = Reply{*first.status, {}};
        if (first.location) out.reply->headers.push_back({"Location", *first.location});
        out.summary = first.backend && !first.location
                          ? fmt::format("answered {}: {} has no ready endpoint",
                                        *first.status,
                                        backend_text(*first.backend))
                          : fmt::format("answered {}", *first.status);
        return;
    }
    out.outcome = Outcome::Forwarded;
    out.summary = out.shares.size() == 1
                      ? "forwarded to " + backend_text(*first.backend)
                      : fmt::format("forwarded to one of {} backends", out.shares.size());
}

void answer(Explanation& out, Reply reply, std::string why) {
    out.outcome = Outcome::Answered;
    out.summary = fmt::format("answered {}: {}", reply.status, why);
    out.reply = std::move(reply);
}

std::string value_text(std::string_view what, const ir::ValueMatch& match) {
    const bool exact = match.kind == ir::ValueKind::Exact;
    return fmt::format("{} {} {} {}",
                       what,
                       base::quote_for_message(match.name),
                       exact ? "is" : "matches",
                       base::quote_for_message(match.value));
}

}  // namespace

std::string condition_text(const ir::Match& match) {
    constexpr std::array<std::string_view, 3> kinds{"Exact", "PathPrefix", "RegularExpression"};
    std::vector<std::string> parts{fmt::format("path {} {}",
                                               kinds[static_cast<std::size_t>(match.path.kind)],
                                               base::quote_for_message(match.path.value, 200))};
    if (match.method) parts.push_back("method " + *match.method);
    for (const ir::ValueMatch& header : match.headers)
        parts.push_back(value_text("header", header));
    for (const ir::ValueMatch& parameter : match.query)
        parts.push_back(value_text("query parameter", parameter));
    return base::join(parts, ", ");
}

void follow_rule(const Case& one, const ir::Outcome& outcome, Explanation& out) {
    const ir::Listener& listener = one.config.listeners[outcome.listener];
    const ir::Host& host = listener.hosts[outcome.host];
    const ir::Entry& entry = host.entries[outcome.entry];
    const ir::Rule& rule = one.config.rules[entry.rule];
    const ir::RouteId& id = one.config.routes[rule.route];
    const graph::Route* route = find_route(one.graph, id);
    GATEFILE_CHECK(route != nullptr && rule.index < route->rules.size());
    const graph::Rule& from = route->rules[rule.index];
    const diag::ObjectRef object = object_of(id);
    const diag::Path path = diag::Path("spec.rules") / rule.index;
    const auto& name = from.grpc != nullptr ? from.grpc->name : from.spec->name;
    out.taken =
        Taken{.route = find_written(one.graph, object, {}),
              .rule = find_written(one.graph, object, path),
              .match = find_written(one.graph, object, path / "matches" / entry.match_index),
              .rule_name = name.value_or(""),
              .hostname = host.hostname,
              .condition = condition_text(entry.match)};
    if (const auto* fail = std::get_if<ir::Fail>(&rule.action)) {
        answer(out, {fail->status, {}}, "the rule cannot be served, gatefile check says why");
        return;
    }
    const bool answers = std::holds_alternative<ir::Answer>(rule.action);
    const std::string& method = one.question.method;
    if (answers && one.settings.redirects == Redirects::GetOnly && method != "GET" &&
        method != "HEAD") {
        answer(out, {500, {}}, "format file can redirect GET and HEAD only");
        return;
    }
    const Evaluation arrived =
        run(one, begin(one.question, one.trusts_forwarded), listener.filters);
    Evaluation before = run(one, without_steps(arrived), rule.filters);
    Unsure{out.unsure}.add("the rule", before);
    place_steps(one.graph, object, path, from.filters, before.steps);
    out.steps = before.steps;
    out.changes = before.changes;
    out.settings = settings_of(rule);
    if (before.reply) {
        const std::string why = before.steps.back().filter + " does it";
        answer(out, *before.reply, why);
        return;
    }
    if (const auto* to = std::get_if<ir::Forward>(&rule.action))
        forward(one, *to, from, before, out);
}

void follow_stream(const Case& one, const ir::Stream& stream, Explanation& out) {
    out.listeners = listeners_of(one.graph, stream.sources);
    out.hostname = stream.hostname;
    const std::string name =
        one.question.tls ? ir::host_name(one.question.sni.value_or("")) : std::string();
    const auto host = std::ranges::find_if(stream.hosts, [&](const ir::StreamHost& candidate) {
        return ir::hostname_covers(candidate.hostname, name);
    });
    out.outcome = Outcome::Closed;
    out.summary = "the connection is closed: no route of the listener has the name";
    if (host == stream.hosts.end()) return;
    const ir::RouteId& id = one.config.routes[host->route];
    const diag::ObjectRef object = object_of(id);
    out.taken =
        Taken{.route = find_written(one.graph, object, {}),
              .rule = find_written(one.graph, object, diag::Path("spec.rules") / std::size_t{0}),
              .match = {},
              .rule_name = {},
              .hostname = host->hostname,
              .condition = {}};
    out.summary = "the connection is closed: the route has no backend that can be served";
    if (host->members.empty()) return;
    for (const ir::StreamMember& member : host->members) {
        Share share{.written = find_written(one.graph,
                                            object,
                                            diag::Path("spec.rules") / std::size_t{0} /
                                                "backendRefs" / member.ref),
                    .weight = member.weight};
        if (member.backend) share.backend = one.config.backends[*member.backend];
        out.shares.push_back(std::move(share));
    }
    set_percents(out.shares);
    out.outcome = Outcome::PassedOn;
    switch (stream.kind) {
    case ir::StreamKind::TlsPassthrough:
        out.summary = "passed on as it is encrypted: the backend shows its own certificate and "
                      "answers, and no HTTPRoute has a say";
        break;
    case ir::StreamKind::TlsTerminate:
        out.summary = "decrypted and passed on as bytes: no HTTPRoute has a say";
        break;
    case ir::StreamKind::Tcp:
    case ir::StreamKind::Udp:
        out.summary = "passed on as bytes: no HTTPRoute has a say";
        break;
    }
}

}  // namespace gatefile::analysis
