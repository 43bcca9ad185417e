// SPDX-License-Identifier: Apache-2.0
#include "route_secrets.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatefile::analysis {

namespace {

using Name = std::pair<std::string, std::string>;

class Collector {
public:
    Collector(const api::Snapshot& snapshot, const graph::Selection& selection)
        : snapshot_(snapshot) {
        for (const api::Gateway& gateway : snapshot.gateways) {
            if (!graph::is_selected(snapshot, selection, gateway)) continue;
            gateways_.emplace(gateway.meta.ns, gateway.meta.name);
        }
    }

    template <typename AnyRoute>
    void add(const AnyRoute& route) {
        if (!has_parent(route)) return;
        for (const auto& rule : route.rules) {
            add(route.meta.ns, rule.filters);
            for (const api::HttpBackendRef& backend : rule.backend_refs)
                add(route.meta.ns, backend.filters);
        }
    }

    void move_to(std::set<diag::ObjectRef>& all) { all.merge(secrets_); }

private:
    /// Of a ListenerSet it is not asked whose Gateway it is: at most a Secret is read too many.
    bool has_parent(const api::Route& route) const {
        return std::ranges::any_of(route.parent_refs, [&](const api::ParentRef& parent) {
            return parent.kind == "ListenerSet" ||
                   gateways_.contains(Name(parent.ns.value_or(route.meta.ns), parent.name));
        });
    }

    void add(const std::string& ns, const std::vector<api::HttpFilter>& filters) {
        for (const api::HttpFilter& filter : filters) {
            const auto* ref = std::get_if<api::ExtensionRef>(&filter);
            if (ref != nullptr && ref->group == api::traefik_group && ref->kind == "Middleware") {
                add_middleware(ns, ref->name);
            }
        }
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
    std::set<Name> gateways_;
    std::set<Name> seen_;
    std::set<diag::ObjectRef> secrets_;
};

}  // namespace

void add_route_secrets(const api::Snapshot& snapshot,
                       const graph::Selection& selection,
                       std::set<diag::ObjectRef>& secrets) {
    if (snapshot.middlewares.empty()) return;
    Collector collector(snapshot, selection);
    for (const api::HttpRoute& route : snapshot.http_routes)
        collector.add(route);
    for (const api::GrpcRoute& route : snapshot.grpc_routes)
        collector.add(route);
    collector.move_to(secrets);
}

}  // namespace gatefile::analysis
