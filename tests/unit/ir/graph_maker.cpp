// SPDX-License-Identifier: Apache-2.0
#include "graph_maker.hpp"

namespace gatefile::ir::test {

std::size_t GraphMaker::gateway(std::string_view name, std::vector<ListenerPlan> plans) {
    auto spec = std::make_unique<api::Gateway>();
    spec->meta.ns = "infra";
    spec->meta.name = name;
    for (const ListenerPlan& plan : plans) {
        api::Listener& listener = spec->listeners.emplace_back();
        listener.name = plan.name;
        listener.port = plan.port;
        listener.protocol = plan.tls ? "HTTPS" : "HTTP";
        if (plan.tls) listener.tls.emplace();
    }
    graph::Gateway& gateway = graph_.gateways.emplace_back();
    gateway.spec = spec.get();
    gateway.accepted = true;
    for (std::size_t i = 0; i < plans.size(); ++i) {
        graph::Listener& listener = gateway.listeners.emplace_back();
        listener.spec = &spec->listeners[i];
        listener.index = i;
        listener.protocol = plans[i].tls ? graph::Protocol::Https : graph::Protocol::Http;
        listener.hostname = plans[i].hostname;
        listener.accepted = true;
        listener.serves = true;
        listener.entry_point = plans[i].entry_point;
    }
    gateways_.push_back(std::move(spec));
    return graph_.gateways.size() - 1;
}

api::HttpRouteRule GraphMaker::rule(std::vector<api::HttpRouteMatch> matches) {
    api::HttpRouteRule rule;
    rule.matches = std::move(matches);
    rule.backend_refs.emplace_back();
    return rule;
}

api::HttpRouteMatch GraphMaker::prefix(std::string_view path) {
    api::HttpRouteMatch match;
    match.path = {api::PathMatchType::PathPrefix, std::string(path)};
    return match;
}

api::HttpRouteMatch GraphMaker::exact(std::string_view path) {
    api::HttpRouteMatch match;
    match.path = {api::PathMatchType::Exact, std::string(path)};
    return match;
}

std::size_t GraphMaker::route(std::string_view name,
                              std::vector<api::HttpRouteRule> rules,
                              std::vector<Where> places,
                              std::optional<base::Timestamp> created) {
    auto spec = std::make_unique<api::HttpRoute>();
    spec->meta.ns = "apps";
    spec->meta.name = name;
    spec->meta.created = created;
    spec->rules = std::move(rules);
    graph::Route& route = graph_.routes.emplace_back();
    route.spec = spec.get();
    for (std::size_t i = 0; i < places.size(); ++i) {
        graph::Parent& parent = route.parents.emplace_back();
        parent.index = i;
        parent.gateway = places[i].gateway;
        parent.accepted = true;
        parent.attachments.push_back(
            {places[i].gateway, places[i].listener, std::move(places[i].hostnames)});
    }
    for (std::size_t r = 0; r < spec->rules.size(); ++r) {
        graph::Rule& rule = route.rules.emplace_back();
        rule.spec = &spec->rules[r];
        rule.index = r;
        rule.match_valid.assign(rule.spec->matches.size(), true);
        for (const api::HttpFilter& filter : rule.spec->filters)
            rule.filters.push_back({&filter, {}});
        for (const api::HttpBackendRef& ref : rule.spec->backend_refs) {
            graph::BackendRef& lowered = rule.backends.emplace_back();
            lowered.spec = &ref;
            lowered.backend.ns = "apps";
            lowered.backend.name = std::string(name) + "-" + std::to_string(r);
            lowered.backend.port = 80;
            lowered.backend.endpoints = {{"10.0.0.1", 8080}};
            for (const api::HttpFilter& filter : ref.filters)
                lowered.filters.push_back({&filter, {}});
        }
    }
    routes_.push_back(std::move(spec));
    return graph_.routes.size() - 1;
}

std::vector<std::string> GraphMaker::said() const {
    std::vector<std::string> lines;
    for (const diag::Diagnostic& one : diagnostics_.items()) {
        lines.push_back(std::string(diag::info(one.code).name) + " " + one.object.text() + " " +
                        one.path.text());
    }
    return lines;
}

std::vector<std::string>
order_on(const Config& config, std::size_t listener, std::string_view hostname) {
    std::vector<std::string> order;
    for (const Host& host : config.listeners.at(listener).hosts) {
        if (host.hostname != hostname) continue;
        for (const Entry& entry : host.entries) {
            const Rule& rule = config.rules.at(entry.rule);
            std::string text = config.routes.at(rule.route).name + "/" + std::to_string(rule.index);
            if (!rule.variant.empty()) text += "/" + rule.variant;
            order.push_back(text);
        }
    }
    return order;
}

}  // namespace gatefile::ir::test
