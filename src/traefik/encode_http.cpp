// SPDX-License-Identifier: Apache-2.0
#include "encode_http.hpp"

#include <algorithm>
#include <variant>

#include "encode_middleware.hpp"
#include "encode_tls.hpp"
#include "gatefile/base/overloaded.hpp"
#include "gatefile/base/time.hpp"

namespace gatefile::traefik {
namespace {

using tree::Node;

Node router_node(const Router& router, NodeBuilder& build) {
    Fields fields;
    if (!router.entry_points.empty()) {
        fields.add("entryPoints", build.all_stored(router.entry_points));
    }
    if (!router.middlewares.empty()) {
        fields.add("middlewares", build.all_stored(router.middlewares));
    }
    if (!router.parents.empty()) fields.add("parentRefs", build.all_stored(router.parents));
    fields.add("priority", Node::integer(router.priority));
    fields.add("rule", build.stored(router.rule));
    if (!router.service.empty()) fields.add("service", build.stored(router.service));
    if (router.tls) {
        Fields tls;
        if (!router.tls->cert_resolver.empty()) {
            tls.add("certResolver", build.stored(router.tls->cert_resolver));
        }
        if (!router.tls->options.empty()) tls.add("options", build.stored(router.tls->options));
        fields.add("tls", build.map(tls));
    }
    return build.map(fields);
}

Node sticky_node(const StickyCookie& cookie, NodeBuilder& build) {
    Fields fields;
    fields.add("httpOnly", Node::boolean(true));
    if (cookie.max_age) fields.add("maxAge", Node::integer(*cookie.max_age));
    fields.add("name", build.string(cookie.name));
    fields.add("path", build.string(cookie.path));
    if (cookie.secure) fields.add("secure", Node::boolean(true));
    return build.map({{"cookie", build.map(fields)}});
}

void add_settings(Fields& fields, const tree::Value& settings, NodeBuilder& build) {
    const Node node = build.value(settings, tree::Secrets::Omit);
    for (const tree::Entry& entry : node.entries())
        fields.add(entry.key, entry.value);
}

Node load_balancer_node(const LoadBalancer& balancer, NodeBuilder& build) {
    Fields fields;
    // Written out because an empty map would make Traefik refuse the whole file.
    if (!balancer.settings || find(*balancer.settings, "passHostHeader") == nullptr) {
        fields.add("passHostHeader", Node::boolean(true));
    }
    if (balancer.settings) add_settings(fields, *balancer.settings, build);
    if (!balancer.urls.empty()) {
        std::vector<Node> servers;
        servers.reserve(balancer.urls.size());
        for (std::size_t i = 0; i < balancer.urls.size(); ++i) {
            const Node url = build.stored(balancer.urls[i]);
            servers.push_back(
                balancer.weights.empty()
                    ? build.map({{"url", url}})
                    : build.map({{"url", url}, {"weight", Node::integer(balancer.weights[i])}}));
        }
        fields.add("servers", build.list(servers));
    }
    if (!balancer.transport.empty()) {
        fields.add("serversTransport", build.stored(balancer.transport));
    }
    if (balancer.sticky) fields.add("sticky", sticky_node(*balancer.sticky, build));
    return build.map(fields);
}

Node weighted_node(const Weighted& weighted, NodeBuilder& build) {
    std::vector<Node> members;
    for (const WeightedMember& member : weighted.members) {
        members.push_back(build.map(
            {{"name", build.string(member.service)}, {"weight", Node::integer(member.weight)}}));
    }
    Fields fields;
    fields.add("services", build.list(members));
    if (weighted.sticky) fields.add("sticky", sticky_node(*weighted.sticky, build));
    return build.map(fields);
}

Node mirroring_node(const Mirroring& mirroring, NodeBuilder& build) {
    std::vector<Node> mirrors;
    for (const MirrorTarget& mirror : mirroring.mirrors) {
        mirrors.push_back(build.map(
            {{"name", build.string(mirror.service)}, {"percent", Node::integer(mirror.percent)}}));
    }
    return build.map({{"maxBodySize", Node::integer(-1)},
                      {"mirrorBody", Node::boolean(true)},
                      {"mirrors", build.list(mirrors)},
                      {"service", build.string(mirroring.service)}});
}

Node parts_node(std::span<const WeightedMember> parts, std::string_view share, NodeBuilder& build) {
    std::vector<Node> nodes;
    for (const WeightedMember& part : parts) {
        nodes.push_back(
            build.map({{"name", build.string(part.service)}, {share, Node::integer(part.weight)}}));
    }
    return build.list(nodes);
}

void add_composite(Fields& fields, const CompositeService& service, NodeBuilder& build) {
    const std::span<const WeightedMember> parts(service.parts);
    Fields inner;
    add_settings(inner, *service.settings, build);
    switch (service.kind) {
    case ir::CompositeKind::Weighted:
        inner.add("services", parts_node(parts, "weight", build));
        fields.add("weighted", build.map(inner));
        break;
    case ir::CompositeKind::HighestRandomWeight:
        inner.add("services", parts_node(parts, "weight", build));
        fields.add("highestRandomWeight", build.map(inner));
        break;
    case ir::CompositeKind::Mirroring:
        inner.add("service", build.string(parts.front().service));
        if (parts.size() > 1) {
            inner.add("mirrors", parts_node(parts.subspan(1), "percent", build));
        }
        fields.add("mirroring", build.map(inner));
        break;
    case ir::CompositeKind::Failover:
        inner.add("service", build.string(parts.front().service));
        inner.add("fallback", build.string(parts.back().service));
        fields.add("failover", build.map(inner));
        break;
    }
}

Node service_node(const Service& service, NodeBuilder& build) {
    Fields fields;
    std::visit(base::Overloaded{
                   [&](const LoadBalancer& s) {
                       fields.add("loadBalancer", load_balancer_node(s, build));
                   },
                   [&](const Weighted& s) { fields.add("weighted", weighted_node(s, build)); },
                   [&](const Mirroring& s) { fields.add("mirroring", mirroring_node(s, build)); },
                   [&](const CompositeService& s) { add_composite(fields, s, build); },
               },
               service.settings);
    if (!service.middlewares.empty()) {
        fields.add("middlewares", build.all_stored(service.middlewares));
    }
    return build.map(fields);
}

Node duration_node(std::chrono::milliseconds duration, NodeBuilder& build) {
    return build.string(base::format_go_duration(duration));
}

/// All of Traefik's defaults, because it applies none in JSON.
Node transport_node(const ServersTransport& transport,
                    const KeyPlacement& keys,
                    NodeBuilder& build) {
    using std::chrono::seconds;
    Fields fields;
    fields.add(
        "forwardingTimeouts",
        build.map(
            {{"dialTimeout", duration_node(transport.dial_timeout.value_or(seconds(30)), build)},
             {"idleConnTimeout", duration_node(seconds(90), build)},
             {"pingTimeout", duration_node(seconds(15), build)},
             {"readIdleTimeout", duration_node(seconds(0), build)},
             {"responseHeaderTimeout",
              duration_node(transport.response_header_timeout.value_or(seconds(0)), build)}}));
    // As Traefik's own default transport has it; absent it would be Go's 2, and under load nearly
    // every request would open a connection.
    fields.add("maxIdleConnsPerHost", Node::integer(200));
    if (transport.tls) add_transport_tls(fields, *transport.tls, keys, build);
    return build.map(fields);
}

}  // namespace

Node NodeBuilder::strings(std::span<const std::string> items) {
    std::vector<Node> nodes;
    nodes.reserve(items.size());
    for (const std::string& item : items)
        nodes.push_back(string(item));
    return list(nodes);
}

Node NodeBuilder::all_stored(const std::vector<std::string>& items) {
    std::vector<Node> nodes;
    nodes.reserve(items.size());
    for (const std::string& item : items)
        nodes.push_back(stored(item));
    return list(nodes);
}

Node NodeBuilder::map(std::initializer_list<Field> fields) {
    std::vector<tree::Entry> entries;
    entries.reserve(fields.size());
    for (const Field& field : fields)
        entries.push_back({field.key, {}, field.value});
    return map(std::span<const tree::Entry>(entries));
}

Node http_node(const Dynamic& dynamic,
               Format format,
               const KeyPlacement& keys,
               NodeBuilder& build,
               const Middleware* generation) {
    const tree::Secrets secrets =
        keys.where == Keys::Omit ? tree::Secrets::Omit : tree::Secrets::Reveal;
    Fields http;
    std::vector<tree::Entry> middlewares;
    middlewares.reserve(dynamic.middlewares.size() + 1);
    const auto add_middleware = [&](const Middleware& middleware) {
        middlewares.push_back(
            {middleware.name, {}, middleware_node(middleware, format, secrets, build)});
    };
    for (const Middleware& middleware : dynamic.middlewares)
        add_middleware(middleware);
    if (generation != nullptr) {
        add_middleware(*generation);
        std::ranges::sort(middlewares, {}, &tree::Entry::key);
    }
    if (!middlewares.empty()) {
        http.add("middlewares", build.map(std::span<const tree::Entry>(middlewares)));
    }
    add_section(http, "routers", dynamic.routers, build, router_node);
    add_section(http,
                "serversTransports",
                dynamic.transports,
                build,
                [&](const ServersTransport& transport, NodeBuilder& b) {
                    return transport_node(transport, keys, b);
                });
    add_section(http, "services", dynamic.services, build, service_node);
    return build.map(http);
}

}  // namespace gatefile::traefik
