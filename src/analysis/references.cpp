// SPDX-License-Identifier: Apache-2.0
#include "references.hpp"

#include <variant>

namespace gatefile::analysis {

namespace {

constexpr std::string_view gateway_group = "gateway.networking.k8s.io";

class Collector {
public:
    Collector(std::string_view kind, std::string_view ns) : kind_(kind), ns_(ns) {}

    template <typename Ref>
    void add(const Ref& ref) {
        if (!ref.ns || *ref.ns == ns_) return;
        found_.push_back({gateway_group, kind_, ns_, ref.group, ref.kind, *ref.ns, ref.name});
    }
    template <typename Route>
    void add_rules(const Route& route) {
        for (const auto& rule : route.rules) {
            add_filters(rule.filters);
            for (const api::HttpBackendRef& backend : rule.backend_refs) {
                add(backend.ref);
                add_filters(backend.filters);
            }
        }
    }
    void add_all(const std::vector<api::ObjectReference>& refs) {
        for (const api::ObjectReference& ref : refs)
            add(ref);
    }
    void add_listeners(const std::vector<api::Listener>& listeners) {
        for (const api::Listener& listener : listeners) {
            if (listener.tls) add_all(listener.tls->certificate_refs);
            add_filters(listener.filters);
        }
    }
    void add_filters(const std::vector<api::HttpFilter>& filters) {
        for (const api::HttpFilter& filter : filters) {
            if (const auto* mirror = std::get_if<api::RequestMirror>(&filter)) add(mirror->backend);
            if (const auto* auth = std::get_if<api::ExternalAuth>(&filter)) add(auth->backend);
        }
    }
    void move_to(std::vector<Reference>& all) {
        all.insert(all.end(), found_.begin(), found_.end());
    }

private:
    std::string_view kind_;
    std::string_view ns_;
    std::vector<Reference> found_;
};

template <typename Spec>
void add_streams(const api::Objects<Spec>& routes, std::vector<Reference>& all) {
    for (const Spec& route : routes) {
        Collector collector(api::name_of(route.kind), route.meta.ns);
        for (const api::StreamRule& rule : route.rules) {
            for (const api::StreamBackendRef& backend : rule.backend_refs)
                collector.add(backend.ref);
        }
        collector.move_to(all);
    }
}

}  // namespace

std::vector<Reference> cross_namespace_references(const api::Snapshot& snapshot) {
    std::vector<Reference> all;
    for (const api::Gateway& gateway : snapshot.gateways) {
        Collector collector("Gateway", gateway.meta.ns);
        collector.add_listeners(gateway.listeners);
        if (gateway.tls) {
            const api::GatewayTls& tls = *gateway.tls;
            if (tls.backend_client_certificate) collector.add(*tls.backend_client_certificate);
            if (tls.frontend_default) collector.add_all(tls.frontend_default->ca_certificate_refs);
            for (const api::GatewayTls::PerPort& port : tls.frontend_per_port) {
                if (port.validation) collector.add_all(port.validation->ca_certificate_refs);
            }
        }
        collector.move_to(all);
    }
    for (const api::ListenerSet& set : snapshot.listener_sets) {
        Collector collector("ListenerSet", set.meta.ns);
        collector.add_listeners(set.listeners);
        collector.move_to(all);
    }
    for (const api::HttpRoute& route : snapshot.http_routes) {
        Collector collector("HTTPRoute", route.meta.ns);
        collector.add_rules(route);
        collector.move_to(all);
    }
    for (const api::GrpcRoute& route : snapshot.grpc_routes) {
        Collector collector("GRPCRoute", route.meta.ns);
        collector.add_rules(route);
        collector.move_to(all);
    }
    add_streams(snapshot.tls_routes, all);
    add_streams(snapshot.tcp_routes, all);
    add_streams(snapshot.udp_routes, all);
    return all;
}

bool permits(const api::ReferenceGrant& grant, const Reference& reference) {
    if (reference.to_ns != grant.meta.ns) return false;
    bool from = false;
    for (const api::ReferenceGrant::From& entry : grant.from) {
        from = from || (entry.group == reference.from_group && entry.kind == reference.from_kind &&
                        entry.ns == reference.from_ns);
    }
    if (!from) return false;
    for (const api::ReferenceGrant::To& entry : grant.to) {
        if (entry.group == reference.to_group && entry.kind == reference.to_kind &&
            (!entry.name || *entry.name == reference.to_name)) {
            return true;
        }
    }
    return false;
}

}  // namespace gatefile::analysis
