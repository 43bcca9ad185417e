// SPDX-License-Identifier: Apache-2.0
#include "gatefile/graph/emit.hpp"

#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace gatefile::graph {
namespace {

/// In the order of api::HttpFilter.
constexpr std::array<std::string_view, std::variant_size_v<api::HttpFilter>> filter_types = {
    "RequestHeaderModifier",
    "ResponseHeaderModifier",
    "RequestRedirect",
    "URLRewrite",
    "RequestMirror",
    "CORS",
    "ExternalAuth",
    "ExtensionRef",
};

std::string_view name_of(Standing standing) {
    switch (standing) {
    case Standing::Whole:
        return "whole";
    case Standing::Partial:
        return "partial";
    case Standing::Refused:
        return "refused";
    }
    return {};
}

std::string_view name_of(BackendProtocol protocol) {
    switch (protocol) {
    case BackendProtocol::Http:
        return "http";
    case BackendProtocol::H2c:
        return "h2c";
    case BackendProtocol::Https:
        return "https";
    case BackendProtocol::Tcp:
        return "tcp";
    case BackendProtocol::Udp:
        return "udp";
    }
    return {};
}

std::string name_of(const api::Meta& meta) {
    return meta.ns.empty() ? meta.name : meta.ns + "/" + meta.name;
}

/// Leaves out what is empty or as usual, so that what is special stands out.
class Encoder {
public:
    explicit Encoder(tree::Arena& arena) : arena_(arena) {}

    tree::Node encode(const Graph& graph) {
        graph_ = &graph;
        Fields fields;
        put(fields, "gatewayClasses", list(graph.classes));
        put(fields, "gateways", list(graph.gateways));
        put_list(fields, "listenerSets", graph.listener_sets);
        put(fields, "routes", list(graph.routes));
        put_list(fields, "tlsRoutes", graph.tls_routes);
        put_list(fields, "tcpRoutes", graph.tcp_routes);
        put_list(fields, "udpRoutes", graph.udp_routes);
        return map(fields);
    }

private:
    using Fields = std::vector<tree::Entry>;

    static void put(Fields& fields, std::string_view key, tree::Node value) {
        fields.push_back({key, {}, value});
    }
    void put(Fields& fields, std::string_view key, std::string_view value) {
        put(fields, key, text(value));
    }
    void put(Fields& fields, std::string_view key, const std::string& value) {
        put(fields, key, text(value));
    }
    static void put_if(Fields& fields, std::string_view key, bool value) {
        if (value) put(fields, key, tree::Node::boolean(true));
    }
    static void put_number(Fields& fields, std::string_view key, std::size_t value) {
        put(fields, key, tree::Node::integer(static_cast<std::int64_t>(value)));
    }

    tree::Node text(std::string_view value) { return tree::Node::string(arena_.copy(value)); }
    tree::Node map(const Fields& fields) { return tree::Node::map(arena_.copy(fields)); }

    template <typename Item>
    tree::Node list(const std::vector<Item>& items) {
        std::vector<tree::Node> nodes;
        nodes.reserve(items.size());
        for (const Item& item : items) {
            nodes.push_back(one(item));
        }
        return tree::Node::list(arena_.copy(nodes));
    }
    template <typename Item>
    void put_list(Fields& fields, std::string_view key, const std::vector<Item>& items) {
        if (!items.empty()) put(fields, key, list(items));
    }

    tree::Node one(const std::string& value) { return text(value); }
    tree::Node one(const api::RouteGroupKind& kind) { return text(kind.kind); }
    tree::Node one(const api::Secret* secret) { return text(name_of(secret->meta)); }
    tree::Node one(const Filter& filter) { return text(filter_types[filter.spec->index()]); }
    tree::Node one(const Endpoint& endpoint) {
        const bool is_ipv6 = endpoint.host.find(':') != std::string::npos;
        std::string address =
            fmt::format(fmt::runtime(is_ipv6 ? "[{}]:{}" : "{}:{}"), endpoint.host, endpoint.port);
        if (!endpoint.cluster.empty())
            address += fmt::format(" ({}, weight {})", endpoint.cluster, endpoint.weight);
        return text(address);
    }

    tree::Node one(const GatewayClass& gateway_class) {
        Fields fields;
        put(fields, "name", gateway_class.spec->meta.name);
        put(fields, "accepted", tree::Node::boolean(gateway_class.accepted));
        return map(fields);
    }

    tree::Node one(const Gateway& gateway) {
        Fields fields;
        put(fields, "gateway", name_of(gateway.spec->meta));
        put(fields, "accepted", tree::Node::boolean(gateway.accepted));
        if (gateway.slot) put(fields, "slot", graph_->capabilities.slots[*gateway.slot].name);
        put_list(fields, "addresses", gateway.addresses);
        put(fields, "listeners", list(gateway.listeners));
        return map(fields);
    }

    tree::Node one(const ListenerSet& set) {
        Fields fields;
        put(fields, "listenerSet", name_of(set.spec->meta));
        put(fields, "gateway", name_of(graph_->gateways[set.gateway].spec->meta));
        put(fields, "allowed", tree::Node::boolean(set.allowed));
        put(fields, "accepted", tree::Node::boolean(set.accepted));
        return map(fields);
    }

    tree::Node one(const Listener& listener) {
        Fields fields;
        put(fields, "listener", listener.spec->name);
        if (listener.set) put(fields, "listenerSet", name_of(listener.set->meta));
        put(fields, "protocol", listener.spec->protocol);
        put_number(fields, "port", listener.spec->port);
        if (!listener.hostname.empty()) put(fields, "hostname", listener.hostname);
        if (!listener.entry_point.empty()) put(fields, "entryPoint", listener.entry_point);
        put(fields, "accepted", tree::Node::boolean(listener.accepted));
        put(fields, "resolvedRefs", tree::Node::boolean(listener.resolved_refs));
        put_if(fields, "conflicted", listener.conflicted);
        put_if(fields, "passthrough", listener.passthrough);
        put(fields, "serves", tree::Node::boolean(listener.serves));
        put_list(fields, "filters", listener.filters);
        put_if(fields, "filtersFail", listener.filters_fail);
        put(fields, "supportedKinds", list(listener.supported_kinds));
        put_list(fields, "certificates", listener.certificates);
        put_number(fields, "attachedRoutes", listener.attached_routes);
        return map(fields);
    }

    tree::Node one(const EffectiveHostname& hostname) {
        Fields fields;
        put(fields, "hostname", hostname.hostname);
        if (hostname.written != hostname.hostname) put(fields, "written", hostname.written);
        return map(fields);
    }

    tree::Node one(const Attachment& attachment) {
        Fields fields;
        const Gateway& gateway = graph_->gateways[attachment.gateway];
        put(fields, "listener", gateway.listeners[attachment.listener].spec->name);
        put(fields, "hostnames", list(attachment.hostnames));
        return map(fields);
    }

    tree::Node one(const Parent& parent) {
        Fields fields;
        put_number(fields, "parentRef", parent.index);
        put(fields, "gateway", name_of(graph_->gateways[parent.gateway].spec->meta));
        if (parent.set) {
            put(fields, "listenerSet", name_of(graph_->listener_sets[*parent.set].spec->meta));
        }
        put(fields, "accepted", tree::Node::boolean(parent.accepted));
        put_list(fields, "listeners", parent.attachments);
        return map(fields);
    }

    void put_backend(Fields& fields, const Backend& backend, int weight) {
        put(fields, "backend", fmt::format("{}/{}:{}", backend.ns, backend.name, backend.port));
        put(fields, "weight", tree::Node::integer(weight));
        put(fields, "protocol", name_of(backend.protocol));
        put_if(fields, "fails", backend.fails);
    }

    tree::Node one(const Composite::Part& part) {
        Fields fields;
        put_backend(fields, part.backend, part.spec->weight);
        put_list(fields, "endpoints", part.backend.endpoints);
        return map(fields);
    }

    tree::Node one(const Composite& composite) {
        Fields fields;
        put(fields, "parts", list(composite.parts));
        return map(fields);
    }

    tree::Node one(const BackendRef& ref) {
        Fields fields;
        put_backend(fields, ref.backend, ref.spec->weight);
        if (ref.backend.composite) put(fields, "traefikService", one(*ref.backend.composite));
        put_list(fields, "filters", ref.filters);
        put_list(fields, "endpoints", ref.backend.endpoints);
        return map(fields);
    }

    tree::Node one(const StreamBackendRef& ref) {
        Fields fields;
        put_backend(fields, ref.backend, ref.spec->weight);
        put_list(fields, "endpoints", ref.backend.endpoints);
        return map(fields);
    }

    tree::Node one(const StreamRoute& route) {
        Fields fields;
        put(fields, "route", name_of(route.spec->meta));
        put(fields, "standing", name_of(route.standing));
        put(fields, "parents", list(route.parents));
        put(fields, "backends", list(route.backends));
        return map(fields);
    }

    tree::Node one(const Rule& rule) {
        Fields fields;
        if (rule.spec->name) put(fields, "name", *rule.spec->name);
        put(fields, "standing", name_of(rule.standing));
        put(fields, "valid", tree::Node::boolean(rule.valid));
        std::vector<tree::Node> matches;
        for (const bool valid : rule.match_valid) {
            matches.push_back(text(valid ? "valid" : "never matches"));
        }
        put(fields, "matches", tree::Node::list(arena_.copy(matches)));
        put_list(fields, "filters", rule.filters);
        put_list(fields, "backends", rule.backends);
        return map(fields);
    }

    tree::Node one(const Route& route) {
        Fields fields;
        put(fields, "kind", api::name_of(route.spec->kind));
        put(fields, "route", name_of(route.spec->meta));
        put(fields, "standing", name_of(route.standing));
        put(fields, "parents", list(route.parents));
        put(fields, "rules", list(route.rules));
        return map(fields);
    }

    tree::Arena& arena_;
    const Graph* graph_ = nullptr;
};

}  // namespace

tree::Node encode(const Graph& graph, tree::Arena& arena) {
    return Encoder(arena).encode(graph);
}

}  // namespace gatefile::graph
