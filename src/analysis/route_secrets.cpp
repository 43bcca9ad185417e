// SPDX-License-Identifier: Apache-2.0
#include "route_secrets.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatefile::analysis {

namespace {

using Name = std::pair<std::string, std::string>;

/// Routes that may be ours: of a ListenerSet it is not asked whose Gateway it is. At most an object
/// is read too many.
class OwnRoutes {
public:
    OwnRoutes(const api::Snapshot& snapshot, const graph::Selection& selection) {
        for (const api::Gateway& gateway : snapshot.gateways) {
            if (!graph::is_selected(snapshot, selection, gateway)) continue;
            gateways_.emplace(gateway.meta.ns, gateway.meta.name);
        }
    }

    bool has(const api::Gateway& gateway) const {
        return gateways_.contains(Name(gateway.meta.ns, gateway.meta.name));
    }
    static bool has(const api::ListenerSet&) { return true; }

    bool has(const api::Route& route) const {
        return std::ranges::any_of(route.parent_refs, [&](const api::ParentRef& parent) {
            return parent.kind == "ListenerSet" ||
                   gateways_.contains(Name(parent.ns.value_or(route.meta.ns), parent.name));
        });
    }

private:
    std::set<Name> gateways_;
};

/// The TraefikServices that a backendRef leads to, each once; they may lead back to themselves.
class Composites {
public:
    explicit Composites(const api::Snapshot& snapshot) : snapshot_(snapshot) {}

    template <typename Visit>
    void visit(const std::string& ns, const api::BackendObjectReference& ref, Visit visit_one) {
        if (ref.group != api::traefik_group || ref.kind != "TraefikService") return;
        std::vector<std::string_view> waiting{ref.name};
        while (!waiting.empty()) {
            const std::string_view name = waiting.back();
            waiting.pop_back();
            if (!seen_.emplace(ns, name).second) continue;
            const api::TraefikService* service = snapshot_.find_traefik_service(ns, name);
            if (service == nullptr) continue;
            for (const api::TraefikService::Ref& part : service->refs) {
                if (part.is_composite) waiting.push_back(part.name);
            }
            visit_one(*service);
        }
    }

private:
    const api::Snapshot& snapshot_;
    std::set<Name> seen_;
};

/// Calls `visit` for the backends that filters lead to.
template <typename Visit>
void for_each_backend(const std::vector<api::HttpFilter>& filters, const Visit& visit) {
    for (const api::HttpFilter& filter : filters) {
        if (const auto* mirror = std::get_if<api::RequestMirror>(&filter)) visit(mirror->backend);
        if (const auto* auth = std::get_if<api::ExternalAuth>(&filter)) visit(auth->backend);
    }
}

class Collector {
public:
    Collector(const api::Snapshot& snapshot, const graph::Selection& selection)
        : snapshot_(snapshot), own_(snapshot, selection), composites_(snapshot) {}

    /// Of a Gateway or ListenerSet.
    template <typename Object>
    void add_listeners(const Object& object) {
        if (!own_.has(object)) return;
        for (const api::Listener& listener : object.listeners)
            add(object.meta.ns, listener.filters);
    }

    template <typename AnyRoute>
    void add(const AnyRoute& route) {
        if (!own_.has(route)) return;
        for (const auto& rule : route.rules) {
            add(route.meta.ns, rule.filters);
            for (const api::HttpBackendRef& backend : rule.backend_refs) {
                add(route.meta.ns, backend.filters);
                add_composites(route.meta.ns, backend.ref);
            }
        }
    }

    void move_to(std::set<diag::ObjectRef>& all) { all.merge(secrets_); }

private:
    void add(const std::string& ns, const std::vector<api::HttpFilter>& filters) {
        for (const api::HttpFilter& filter : filters) {
            const auto* ref = std::get_if<api::ExtensionRef>(&filter);
            if (ref != nullptr && ref->group == api::traefik_group && ref->kind == "Middleware") {
                add_middleware(ns, ref->name);
            }
        }
        for_each_backend(filters,
                         [&](const api::BackendObjectReference& ref) { add_composites(ns, ref); });
    }

    void add_composites(const std::string& ns, const api::BackendObjectReference& ref) {
        composites_.visit(ns, ref, [&](const api::TraefikService& service) {
            for (const api::TraefikService::Ref& part : service.refs) {
                for (const std::string& middleware : part.middlewares)
                    add_middleware(ns, middleware);
            }
        });
    }

    /// Chains may be long and may lead back to themselves.
    void add_middleware(const std::string& ns, const std::string& first) {
        std::vector<std::string_view> waiting{first};
        while (!waiting.empty()) {
            const std::string_view name = waiting.back();
            waiting.pop_back();
            if (!seen_.emplace(ns, name).second) continue;
            const api::Middleware* middleware = snapshot_.find_middleware(ns, name);
            if (middleware == nullptr) continue;
            for (const api::Middleware::SecretRef& ref : middleware->secrets)
                secrets_.insert({"Secret", ns, ref.name});
            waiting.insert(waiting.end(), middleware->chain.begin(), middleware->chain.end());
        }
    }

    const api::Snapshot& snapshot_;
    OwnRoutes own_;
    Composites composites_;
    std::set<Name> seen_;
    std::set<diag::ObjectRef> secrets_;
};

/// The policies of Services that routes lead to.
class AuthorityCollector {
public:
    AuthorityCollector(const api::Snapshot& snapshot, const graph::Selection& selection)
        : own_(snapshot, selection), composites_(snapshot) {
        for (const api::BackendTlsPolicy& policy : snapshot.backend_tls_policies) {
            for (const api::BackendTlsPolicy::Target& target : policy.targets)
                policies_[Name(policy.meta.ns, target.name)].push_back(&policy);
        }
    }

    /// Of a Gateway or ListenerSet.
    template <typename Object>
    void add_listeners(const Object& object) {
        if (!own_.has(object)) return;
        for (const api::Listener& listener : object.listeners)
            add_filters(object.meta.ns, listener.filters);
    }

    template <typename AnyRoute>
    void add(const AnyRoute& route) {
        if (!own_.has(route)) return;
        for (const auto& rule : route.rules) {
            if constexpr (requires { rule.filters; }) add_filters(route.meta.ns, rule.filters);
            for (const auto& backend : rule.backend_refs) {
                add(route.meta.ns, backend.ref);
                if constexpr (requires { backend.filters; }) {
                    add_filters(route.meta.ns, backend.filters);
                }
            }
        }
    }

    void move_to(std::set<diag::ObjectRef>& all) { all.merge(objects_); }

private:
    void add_filters(const std::string& ns, const std::vector<api::HttpFilter>& filters) {
        for_each_backend(filters, [&](const api::BackendObjectReference& ref) { add(ns, ref); });
    }

    void add(const std::string& ns, const api::BackendObjectReference& backend) {
        composites_.visit(ns, backend, [&](const api::TraefikService& service) {
            for (const api::TraefikService::Ref& part : service.refs) {
                if (!part.is_composite) add_service(Name(ns, part.name));
            }
        });
        add_service(Name(backend.ns.value_or(ns), backend.name));
    }

    void add_service(const Name& service) {
        const auto found = policies_.find(service);
        if (found == policies_.end()) return;
        for (const api::BackendTlsPolicy* policy : found->second) {
            for (const api::ObjectReference& ref : policy->ca_certificate_refs) {
                const bool local = ref.kind == "Secret" || ref.kind == "ConfigMap";
                if (ref.group.empty() && local) {
                    objects_.insert({ref.kind, policy->meta.ns, ref.name});
                } else if (ref.group == "certificates.k8s.io" && ref.kind == "ClusterTrustBundle") {
                    objects_.insert({ref.kind, {}, ref.name});
                }
            }
        }
        policies_.erase(found);
    }

    OwnRoutes own_;
    Composites composites_;
    std::map<Name, std::vector<const api::BackendTlsPolicy*>> policies_;  ///< not met so far
    std::set<diag::ObjectRef> objects_;
};

template <typename Collector, typename Routes>
void add_all(Collector& collector, const Routes& routes) {
    for (const auto& route : routes)
        collector.add(route);
}

template <typename Collector>
void add_listeners(Collector& collector, const api::Snapshot& snapshot) {
    for (const api::Gateway& gateway : snapshot.gateways)
        collector.add_listeners(gateway);
    for (const api::ListenerSet& set : snapshot.listener_sets)
        collector.add_listeners(set);
}

}  // namespace

void add_authorities(const api::Snapshot& snapshot,
                     const graph::Selection& selection,
                     std::set<diag::ObjectRef>& objects) {
    if (snapshot.backend_tls_policies.empty()) return;
    AuthorityCollector collector(snapshot, selection);
    add_listeners(collector, snapshot);
    add_all(collector, snapshot.http_routes);
    add_all(collector, snapshot.grpc_routes);
    add_all(collector, snapshot.tls_routes);
    add_all(collector, snapshot.tcp_routes);
    collector.move_to(objects);
}

void add_route_secrets(const api::Snapshot& snapshot,
                       const graph::Selection& selection,
                       std::set<diag::ObjectRef>& secrets) {
    if (snapshot.middlewares.empty()) return;
    Collector collector(snapshot, selection);
    add_listeners(collector, snapshot);
    add_all(collector, snapshot.http_routes);
    add_all(collector, snapshot.grpc_routes);
    collector.move_to(secrets);
}

}  // namespace gatefile::analysis
