// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <optional>

#include <fmt/format.h>

#include "gatefile/base/regex.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/base/time.hpp"
#include "lint_parts.hpp"

namespace gatefile::analysis {
namespace {

using Milliseconds = std::chrono::milliseconds;

/// A policy's backends have a transport of their own.
bool is_unverified(const graph::Backend& backend) {
    if (backend.composite) {
        return std::ranges::any_of(
            backend.composite->parts, is_unverified, &graph::Composite::Part::backend);
    }
    return backend.protocol == graph::BackendProtocol::Https && !backend.tls;
}

void lint_verification(const graph::Graph& graph,
                       const graph::Route& route,
                       diag::Diagnostics& diagnostics) {
    if (!graph.capabilities.backends_unverified) return;
    for (const graph::Rule& rule : route.rules) {
        for (std::size_t i = 0; i < rule.backends.size(); ++i) {
            if (!is_unverified(rule.backends[i].backend)) continue;
            diagnostics.add(
                {.code = diag::Code::EntryPointAlters,
                 .object = object_of(api::name_of(route.spec->kind), route.spec->meta),
                 .path = diag::Path("spec.rules") / rule.index / "backendRefs" / i,
                 .detail = "Traefik's serversTransport.insecureSkipVerify is set, so the backend's "
                           "certificate is not verified",
                 .hint = "take it out of Traefik's static configuration"});
        }
    }
}

bool is_set(const std::optional<Milliseconds>& duration) {
    return duration && duration->count() > 0;
}

/// Lint of one route; knows where its rules are.
class RuleLint {
public:
    RuleLint(const api::Route& route, diag::Diagnostics& diagnostics)
        : route_(route), diagnostics_(diagnostics) {}

    template <typename Refs>
    void check_weights(std::size_t rule, const Refs& refs) {
        if (refs.empty()) return;
        if (std::ranges::any_of(refs, [](const auto& ref) { return ref.weight > 0; })) return;
        const bool bytes =
            route_.kind != api::RouteKind::Http && route_.kind != api::RouteKind::Grpc;
        add(diag::Code::WeightsZero,
            path_of(rule) / "backendRefs",
            bytes ? "the weights sum to 0, so every connection is closed"
                  : "the weights sum to 0, so every request is answered with an error",
            "give at least one backend a weight above 0");
    }

    void check_timeouts(std::size_t rule, const api::HttpRouteRule& spec) {
        const std::optional<Milliseconds> request =
            spec.timeouts ? spec.timeouts->request : std::nullopt;
        const std::optional<Milliseconds> backend =
            spec.timeouts ? spec.timeouts->backend_request : std::nullopt;
        if (spec.retry) check_retry(rule, *spec.retry, request, backend);
        if (spec.session_persistence) check_session(rule, *spec.session_persistence);
    }

    void check_patterns(const graph::Rule& rule) {
        if (rule.grpc != nullptr) {
            for (std::size_t i = 0; i < rule.grpc->matches.size(); ++i)
                if (is_valid(rule, i)) check_call(rule.index, i, rule.grpc->matches[i]);
            return;
        }
        for (std::size_t i = 0; i < rule.spec->matches.size(); ++i) {
            if (!is_valid(rule, i)) continue;
            const api::HttpRouteMatch& match = rule.spec->matches[i];
            if (match.path.type == api::PathMatchType::RegularExpression) {
                check_pattern(
                    match.path.value,
                    [&] { return match_path(rule.index, i) / "path" / "value"; },
                    base::RegexSubject::Path);
            }
            check_values(rule.index, i, "headers", match.headers);
            check_values(rule.index, i, "queryParams", match.query_params);
        }
    }

private:
    static bool is_valid(const graph::Rule& rule, std::size_t match) {
        return match >= rule.match_valid.size() || rule.match_valid[match];
    }

    static diag::Path path_of(std::size_t rule) { return diag::Path("spec.rules") / rule; }
    static diag::Path match_path(std::size_t rule, std::size_t match) {
        return path_of(rule) / "matches" / match;
    }

    void add(diag::Code code, diag::Path path, std::string detail, std::string hint) {
        diagnostics_.add({.code = code,
                          .object = object_of(api::name_of(route_.kind), route_.meta),
                          .path = std::move(path),
                          .detail = std::move(detail),
                          .hint = std::move(hint)});
    }

    void check_retry(std::size_t rule,
                     const api::HttpRouteRetry& retry,
                     const std::optional<Milliseconds>& request,
                     const std::optional<Milliseconds>& backend) {
        const diag::Path path = path_of(rule) / "retry";
        if (retry.attempts <= 0) {
            if (retry.codes.empty() && !retry.backoff) return;
            add(diag::Code::TimeoutsContradict,
                path / "attempts",
                "attempts is 0, so nothing is retried, whatever codes and backoff say",
                "set attempts to 1 or more, or remove retry");
            return;
        }
        if (!is_set(request)) return;
        if (is_set(retry.backoff)) check_backoff(path, retry, *request);
        if (is_set(backend) && *backend >= *request) {
            add(diag::Code::TimeoutsContradict,
                path_of(rule) / "timeouts" / "backendRequest",
                fmt::format("a try may take {}, all that timeouts.request leaves for all of them, "
                            "so a try that hangs is never repeated",
                            base::format_go_duration(*backend)),
                "shorten backendRequest, so that several tries fit into the request's time");
        }
    }

    void check_backoff(const diag::Path& path,
                       const api::HttpRouteRetry& retry,
                       const Milliseconds& request) {
        // The waits alone; what the tries take comes on top.
        const auto fitting = (request.count() - 1) / retry.backoff->count();
        if (fitting >= retry.attempts) return;
        add(diag::Code::TimeoutsContradict,
            path / "backoff",
            fitting == 0
                ? fmt::format("the first retry would wait {}, and the request ends after {}",
                              base::format_go_duration(*retry.backoff),
                              base::format_go_duration(request))
                : fmt::format("of {} retries that wait {} each, no more than {} fit into the {} "
                              "that the request may take",
                              retry.attempts,
                              base::format_go_duration(*retry.backoff),
                              fitting,
                              base::format_go_duration(request)),
            "shorten backoff, lower attempts, or lengthen timeouts.request");
    }

    void check_session(std::size_t rule, const api::SessionPersistence& session) {
        if (!is_set(session.idle_timeout) || !is_set(session.absolute_timeout)) return;
        if (*session.idle_timeout < *session.absolute_timeout) return;
        add(diag::Code::TimeoutsContradict,
            path_of(rule) / "sessionPersistence" / "idleTimeout",
            fmt::format("a session ends after {} in any case, so it is never idle for {}",
                        base::format_go_duration(*session.absolute_timeout),
                        base::format_go_duration(*session.idle_timeout)),
            "make idleTimeout shorter than absoluteTimeout, or remove it");
    }

    void check_values(std::size_t rule,
                      std::size_t match,
                      const char* field,
                      const std::vector<api::ValueMatch>& values) {
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (values[i].type != api::ValueMatchType::RegularExpression) continue;
            check_pattern(values[i].value,
                          [&] { return match_path(rule, match) / field / i / "value"; });
        }
    }

    void check_call(std::size_t rule, std::size_t match, const api::GrpcRouteMatch& spec) {
        check_values(rule, match, "headers", spec.headers);
        if (!spec.method || spec.method->type != api::ValueMatchType::RegularExpression) return;
        const auto check_part = [&](const std::optional<std::string>& part, const char* field) {
            if (!part) return;
            check_pattern(*part, [&] { return match_path(rule, match) / "method" / field; });
        };
        check_part(spec.method->service, "service");
        check_part(spec.method->method, "method");
    }

    template <typename MakePath>
    void check_pattern(std::string_view pattern,
                       const MakePath& make_path,
                       base::RegexSubject subject = base::RegexSubject::AnyText) {
        if (!base::never_matches(pattern, subject)) return;
        const bool is_path = subject == base::RegexSubject::Path && !base::never_matches(pattern);
        add(diag::Code::RegexNeverMatches,
            make_path(),
            fmt::format("{} matches no {}, so this match takes no request",
                        base::quote_for_message(pattern),
                        is_path ? "path: each starts with a slash" : "text at all"),
            is_path ? "put a slash behind ^, or leave ^ out"
                    : "look at its anchors: nothing can stand before ^ or behind $");
    }

    const api::Route& route_;
    diag::Diagnostics& diagnostics_;
};

void lint_streams(const std::vector<graph::StreamRoute>& routes, diag::Diagnostics& diagnostics) {
    for (const graph::StreamRoute& route : routes) {
        RuleLint lint(*route.spec, diagnostics);
        for (std::size_t i = 0; i < route.spec->rules.size(); ++i)
            lint.check_weights(i, route.spec->rules[i].backend_refs);
    }
}

}  // namespace

void lint_rules(const graph::Graph& graph, diag::Diagnostics& diagnostics) {
    for (const graph::Route& route : graph.routes) {
        lint_verification(graph, route, diagnostics);
        RuleLint lint(*route.spec, diagnostics);
        for (const graph::Rule& rule : route.rules) {
            lint.check_weights(rule.index, rule.spec->backend_refs);
            lint.check_timeouts(rule.index, *rule.spec);
            lint.check_patterns(rule);
        }
    }
    lint_streams(graph.tls_routes, diagnostics);
    lint_streams(graph.tcp_routes, diagnostics);
    lint_streams(graph.udp_routes, diagnostics);
}

}  // namespace gatefile::analysis
