// SPDX-License-Identifier: Apache-2.0
#include "gatefile/analysis/picture.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "../references.hpp"
#include "gatefile/base/strings.hpp"
#include "words.hpp"

namespace gatefile::analysis {

namespace {

std::string slashed(const diag::ObjectRef& object) {
    return object.ns + "/" + object.name;
}

/// Backends of one port of one Service are one node, whoever refers to them.
/// By kind, namespace, name and port.
using BackendKey = std::tuple<std::string, std::string, std::string, std::uint16_t>;

constexpr std::string_view service_kind = "Service";

class Drawing {
public:
    Drawing(const graph::Graph& graph, MatchValues values) : graph_(graph), values_(values) {}

    Picture draw() {
        for (const graph::Gateway& gateway : graph_.gateways)
            add_gateway(gateway);
        for (const graph::Route& route : graph_.routes)
            add_route(route, [&](std::size_t node) { add_rules(route, node); });
        for (const auto* streams : {&graph_.tls_routes, &graph_.tcp_routes, &graph_.udp_routes}) {
            for (const graph::StreamRoute& route : *streams)
                add_route(route, [&](std::size_t node) { add_stream_rule(route, node); });
        }
        settle_backends();
        for (const api::ReferenceGrant& grant : graph_.snapshot->reference_grants)
            add_grant(grant);
        return sorted();
    }

private:
    std::size_t add(PictureNode node, const diag::Path& path) {
        if (!graph_.snapshot->from_cluster) node.at = place(node.object, path);
        picture_.nodes.push_back(std::move(node));
        return picture_.nodes.size() - 1;
    }

    std::optional<diag::SourcePosition> place(const diag::ObjectRef& object,
                                              const diag::Path& path) const {
        const api::Meta* meta = graph_.snapshot->find_meta(object);
        if (meta == nullptr || meta->origin == api::Meta::no_origin) return std::nullopt;
        diag::Diagnostic anchor;
        anchor.path = path;
        return api::position_of(graph_.snapshot->origins[meta->origin], anchor);
    }

    void connect(std::size_t from, std::size_t to, std::string label = {}, bool broken = false) {
        picture_.edges.push_back({from, to, std::move(label), broken});
    }

    void add_gateway(const graph::Gateway& gateway) {
        PictureNode node;
        node.kind = NodeKind::Gateway;
        node.object = {"Gateway", gateway.spec->meta.ns, gateway.spec->meta.name};
        node.id = "gateway:" + slashed(node.object);
        node.title = node.object.name;
        node.subtitle = base::join(gateway.addresses, ", ");
        node.facts.push_back({"class", gateway.spec->gateway_class_name});
        if (gateway.slot)
            node.facts.push_back({"slot", graph_.capabilities.slots[*gateway.slot].name});
        node.state = gateway.accepted ? NodeState::Good : NodeState::Failing;
        const std::size_t self = add(std::move(node), diag::Path("metadata.name"));
        gateways_.push_back(self);
        listeners_.emplace_back();
        for (const graph::Listener& listener : gateway.listeners) {
            listeners_.back().push_back(add_listener(gateway, listener));
            connect(self, listeners_.back().back(), {}, !listener.serves);
            connect_filters(listeners_.back().back(), listener.filters);
        }
    }

    std::size_t add_listener(const graph::Gateway& gateway, const graph::Listener& listener) {
        PictureNode node;
        node.kind = NodeKind::Listener;
        node.object = graph::owner_of(gateway, listener);
        node.id = fmt::format(
            "listener:{}/{}/{}", node.object.kind, slashed(node.object), listener.spec->name);
        node.title = listener.spec->name;
        node.subtitle = fmt::format("{} {}{}",
                                    listener.spec->protocol,
                                    listener.spec->port,
                                    listener.hostname.empty() ? "" : " " + listener.hostname);
        if (listener.set != nullptr) node.facts.push_back({"ListenerSet", slashed(node.object)});
        if (!listener.entry_point.empty())
            node.facts.push_back({"entry point", listener.entry_point});
        for (const api::Secret* secret : listener.certificates)
            node.facts.push_back({"certificate", secret->meta.ns + "/" + secret->meta.name});
        for (const graph::Filter& filter : listener.filters)
            node.facts.push_back({"filter", filter_words(*filter.spec)});
        if (listener.passthrough) node.facts.push_back({"TLS", "passed on encrypted"});
        node.facts.push_back({"routes", std::to_string(listener.attached_routes)});
        const bool answers = listener.serves && !listener.filters_fail;
        node.state = answers ? NodeState::Good : NodeState::Failing;
        return add(std::move(node), diag::Path("spec.listeners") / listener.spec_index);
    }

    /// `add_below` adds the rules to the route's node.
    template <typename Route, typename AddBelow>
    void add_route(const Route& route, const AddBelow& add_below) {
        PictureNode node;
        node.kind = NodeKind::Route;
        node.object = {std::string(api::name_of(route.spec->kind)),
                       route.spec->meta.ns,
                       route.spec->meta.name};
        node.id = fmt::format("route:{}/{}", node.object.kind, slashed(node.object));
        node.title = node.object.name;
        node.subtitle = base::join(route.spec->hostnames, ", ");
        const auto is_accepted = [](const graph::Parent& parent) { return parent.accepted; };
        if (!std::ranges::all_of(route.parents, is_accepted) ||
            route.standing == graph::Standing::Partial)
            node.state = NodeState::Warned;
        if (std::ranges::none_of(route.parents, is_accepted) ||
            route.standing == graph::Standing::Refused)
            node.state = NodeState::Failing;
        const std::size_t self = add(std::move(node), diag::Path("metadata.name"));
        for (const graph::Parent& parent : route.parents) {
            for (const graph::Attachment& attachment : parent.attachments)
                connect(listeners_[attachment.gateway][attachment.listener],
                        self,
                        {},
                        !parent.accepted);
            if (parent.attachments.empty()) connect_refused(parent, self);
        }
        add_below(self);
    }

    /// A route that no listener takes hangs on all of the Gateway or set that it names.
    void connect_refused(const graph::Parent& parent, std::size_t route) {
        const std::vector<graph::Listener>& listeners = graph_.gateways[parent.gateway].listeners;
        const api::ListenerSet* set = parent.set ? graph_.listener_sets[*parent.set].spec : nullptr;
        for (std::size_t i = 0; i < listeners.size(); ++i) {
            if (listeners[i].set == set) connect(listeners_[parent.gateway][i], route, {}, true);
        }
    }

    std::size_t add_rule(const diag::ObjectRef& route,
                         std::size_t route_node,
                         std::size_t index,
                         PictureNode node) {
        node.kind = NodeKind::Rule;
        node.object = route;
        node.id = fmt::format("rule:{}/{}/{}", route.kind, slashed(route), index);
        const bool broken = node.state == NodeState::Failing;
        const std::size_t self = add(std::move(node), diag::Path("spec.rules") / index);
        connect(route_node, self, {}, broken);
        return self;
    }

    void add_rules(const graph::Route& route, std::size_t route_node) {
        const diag::ObjectRef object = picture_.nodes[route_node].object;
        for (const graph::Rule& rule : route.rules) {
            PictureNode node;
            const std::vector<std::string> matches = match_words(rule, values_);
            node.title = matches.front();
            if (matches.size() > 1) node.title += fmt::format(" or {} more", matches.size() - 1);
            node.subtitle = rule.spec->name.value_or("");
            for (const std::string& match : matches)
                node.facts.push_back({"match", match});
            for (const graph::Filter& filter : rule.filters)
                node.facts.push_back({"filter", filter_words(*filter.spec)});
            const auto fails = [](const graph::BackendRef& ref) { return ref.backend.fails; };
            if (std::ranges::any_of(rule.backends, fails)) node.state = NodeState::Warned;
            if (!rule.valid ||
                (!rule.backends.empty() && std::ranges::all_of(rule.backends, fails)))
                node.state = NodeState::Failing;
            const std::size_t self = add_rule(object, route_node, rule.index, std::move(node));
            connect_backends(self, rule.backends);
            connect_filters(self, rule.filters);
            for (const graph::BackendRef& ref : rule.backends)
                connect_filters(self, ref.filters);
        }
    }

    void add_stream_rule(const graph::StreamRoute& route, std::size_t route_node) {
        const diag::ObjectRef object = picture_.nodes[route_node].object;
        PictureNode node;
        node.title = "every connection";
        const auto fails = [](const graph::StreamBackendRef& ref) { return ref.backend.fails; };
        if (std::ranges::all_of(route.backends, fails)) node.state = NodeState::Failing;
        connect_backends(add_rule(object, route_node, 0, std::move(node)), route.backends);
    }

    template <typename Ref>
    void connect_backends(std::size_t rule, const std::vector<Ref>& refs) {
        int sum = 0;
        for (const Ref& ref : refs)
            sum += ref.spec->weight;
        for (const Ref& ref : refs) {
            const std::string share =
                refs.size() < 2 ? "" : fmt::format("{} of {}", ref.spec->weight, sum);
            connect(rule, backend_node(ref.backend, ref.spec->ref.kind), share, ref.backend.fails);
        }
    }

    /// What filters send requests to. A TraefikService cannot be one of these.
    void connect_filters(std::size_t from, const std::vector<graph::Filter>& filters) {
        const auto add_backend = [&](const graph::Backend& backend, std::string label) {
            connect(from, backend_node(backend, service_kind), std::move(label), backend.fails);
        };
        for (const graph::Filter& filter : filters) {
            if (filter.mirror) add_backend(*filter.mirror, "mirror");
            if (filter.authority) add_backend(*filter.authority, "asks");
            for (const auto& extension : filter.extensions) {
                if (extension->service) add_backend(*extension->service, "error pages");
            }
        }
    }

    /// `kind` as the reference has it.
    std::size_t backend_node(const graph::Backend& backend, std::string_view kind) {
        const BackendKey key(std::string(kind), backend.ns, backend.name, backend.port);
        if (const auto known = backends_.find(key); known != backends_.end()) {
            if (known->second.second->fails) known->second.second = &backend;
            return known->second.first;
        }
        PictureNode node;
        node.kind = NodeKind::Backend;
        node.object = {std::string(kind), backend.ns, backend.name};
        node.title =
            backend.port == 0 ? backend.name : fmt::format("{}:{}", backend.name, backend.port);
        const std::string prefix = kind == service_kind ? "" : std::string(kind) + "/";
        node.id = fmt::format("backend:{}{}/{}", prefix, backend.ns, node.title);
        if (backend.composite != nullptr)
            node.facts.push_back({"type", composite_words(backend.composite->spec->type)});
        const std::size_t self = add(std::move(node), diag::Path("metadata.name"));
        backends_.emplace(key, std::pair(self, &backend));
        if (backend.composite != nullptr) connect_parts(self, *backend.composite);
        return self;
    }

    /// A TraefikService that is served never leads back to itself.
    void connect_parts(std::size_t from, const graph::Composite& composite) {
        using Type = api::TraefikService::Type;
        const Type type = composite.spec->type;
        const bool shares = type == Type::Weighted || type == Type::HighestRandomWeight;
        int sum = 0;
        for (const graph::Composite::Part& part : composite.parts)
            sum += part.spec->weight;
        for (std::size_t i = 0; i < composite.parts.size(); ++i) {
            const graph::Composite::Part& part = composite.parts[i];
            std::string label;
            if (shares && composite.parts.size() > 1)
                label = fmt::format("{} of {}", part.spec->weight, sum);
            if (type == Type::Mirroring && i > 0)
                label = fmt::format("mirror {}%", part.spec->percent);
            if (type == Type::Failover && i > 0) label = "when the other is down";
            const std::string_view kind = part.spec->is_composite ? "TraefikService" : service_kind;
            connect(from, backend_node(part.backend, kind), std::move(label), part.backend.fails);
        }
    }

    /// Once it is known who refers to them: one refusal does not make a backend bad for all.
    void settle_backends() {
        for (const auto& [key, known] : backends_) {
            const graph::Backend& backend = *known.second;
            PictureNode& node = picture_.nodes[known.first];
            node.facts.push_back({"protocol", std::string(protocol_word(backend.protocol))});
            if (backend.tls) node.facts.push_back({"BackendTLSPolicy", backend.tls->policy});
            if (backend.fails) {
                node.state = NodeState::Failing;
                continue;
            }
            const bool is_empty = backend.endpoints.empty() && backend.composite == nullptr;
            if (is_empty) node.state = NodeState::Warned;
            node.subtitle = is_empty ? "no endpoint" : "";
            const std::string id = node.id;
            const diag::ObjectRef object = node.object;
            for (const graph::Endpoint& endpoint : backend.endpoints) {
                PictureNode below;
                below.kind = NodeKind::Endpoint;
                below.object = object;
                below.title = address_words(endpoint);
                if (!endpoint.cluster.empty()) {
                    below.subtitle = endpoint.cluster;
                    below.facts.push_back({"cluster", endpoint.cluster});
                    below.facts.push_back({"weight", std::to_string(endpoint.weight)});
                }
                below.id = fmt::format("endpoint:{}/{}", id.substr(id.find(':') + 1), below.title);
                connect(known.first, add(std::move(below), {}));
            }
        }
    }

    /// Above the backends that it lets others refer to; one that lets nobody stands alone.
    void add_grant(const api::ReferenceGrant& grant) {
        PictureNode node;
        node.kind = NodeKind::Grant;
        node.object = {"ReferenceGrant", grant.meta.ns, grant.meta.name};
        node.id = "grant:" + slashed(node.object);
        node.title = grant.meta.name;
        for (const api::ReferenceGrant::From& from : grant.from)
            node.facts.push_back({"from", from.kind + " in " + from.ns});
        for (const api::ReferenceGrant::To& to : grant.to)
            node.facts.push_back({"to", to.kind + " " + to.name.value_or("(any)")});
        const std::size_t self = add(std::move(node), diag::Path("metadata.name"));
        for (const Reference& reference : references_) {
            if (reference.to_ns != grant.meta.ns || !permits(grant, reference)) continue;
            if (reference.to_kind == service_kind) connect_granted(self, reference);
            if (reference.to_kind == "Secret") connect_shown(self, reference);
        }
    }

    /// A certificate has no node of its own: the listener or Gateway that shows it.
    void connect_shown(std::size_t grant, const Reference& reference) {
        const auto is_it = [&](const api::Secret* secret) {
            return secret != nullptr && secret->meta.ns == reference.to_ns &&
                   secret->meta.name == reference.to_name;
        };
        for (std::size_t g = 0; g < graph_.gateways.size(); ++g) {
            const graph::Gateway& gateway = graph_.gateways[g];
            for (std::size_t i = 0; i < gateway.listeners.size(); ++i) {
                const graph::Listener& listener = gateway.listeners[i];
                const diag::ObjectRef owner = graph::owner_of(gateway, listener);
                if (owner.kind == reference.from_kind && owner.ns == reference.from_ns &&
                    std::ranges::any_of(listener.certificates, is_it))
                    connect(grant, listeners_[g][i], "permits");
            }
            const bool by_gateway = reference.from_kind == "Gateway" &&
                                    gateway.spec->meta.ns == reference.from_ns;
            if (by_gateway && is_it(gateway.client_certificate))
                connect(grant, gateways_[g], "permits");
        }
    }

    void connect_granted(std::size_t grant, const Reference& reference) {
        const BackendKey first(
            std::string(service_kind), reference.to_ns, reference.to_name, 0);
        for (auto at = backends_.lower_bound(first); at != backends_.end(); ++at) {
            const auto& [kind, ns, name, port] = at->first;
            if (kind != service_kind || ns != reference.to_ns || name != reference.to_name) return;
            connect(grant, at->second.first, "permits");
        }
    }

    Picture sorted() {
        std::vector<std::size_t> order(picture_.nodes.size());
        for (std::size_t i = 0; i < order.size(); ++i)
            order[i] = i;
        std::ranges::stable_sort(
            order, {}, [this](std::size_t node) { return picture_.nodes[node].kind; });
        std::vector<std::size_t> place_of(order.size());
        Picture out;
        for (const std::size_t node : order) {
            place_of[node] = out.nodes.size();
            out.nodes.push_back(std::move(picture_.nodes[node]));
        }
        for (PictureEdge& edge : picture_.edges) {
            edge.from = place_of[edge.from];
            edge.to = place_of[edge.to];
        }
        const auto key = [](const PictureEdge& edge) {
            return std::tie(edge.from, edge.to, edge.label, edge.broken);
        };
        const auto same = [&](const PictureEdge& a, const PictureEdge& b) {
            return key(a) == key(b);
        };
        std::ranges::sort(picture_.edges, {}, key);
        const auto rest = std::ranges::unique(picture_.edges, same);
        picture_.edges.erase(rest.begin(), rest.end());
        out.edges = std::move(picture_.edges);
        return out;
    }

    const graph::Graph& graph_;
    MatchValues values_;
    const std::vector<Reference> references_ = cross_namespace_references(*graph_.snapshot);
    Picture picture_;
    std::vector<std::size_t> gateways_;                ///< nodes
    std::vector<std::vector<std::size_t>> listeners_;  ///< nodes, by Gateway and listener
    std::map<BackendKey, std::pair<std::size_t, const graph::Backend*>> backends_;
};

}  // namespace

Picture
picture(const graph::Graph& graph, const diag::Diagnostics& diagnostics, MatchValues values) {
    Picture picture = Drawing(graph, values).draw();
    add_diagnostics(picture, diagnostics);
    return picture;
}

}  // namespace gatefile::analysis
