// SPDX-License-Identifier: Apache-2.0
#include "backends.hpp"

#include <utility>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "services.hpp"

namespace gatefile::graph {
namespace {

BackendUse use_of(api::RouteKind kind) {
    switch (kind) {
    case api::RouteKind::Http:
        return BackendUse::Requests;
    case api::RouteKind::Grpc:
        return BackendUse::Grpc;
    case api::RouteKind::Tls:
    case api::RouteKind::Tcp:
        return BackendUse::Connections;
    case api::RouteKind::Udp:
        return BackendUse::Datagrams;
    }
    return BackendUse::Requests;
}

}  // namespace

const Resolution& BackendResolver::refuse(const api::BackendObjectReference& ref,
                                          std::string_view ns,
                                          Finding finding) {
    refused_ = {};
    refused_.backend.fails = true;
    refused_.backend.ns = ns;
    refused_.backend.name = ref.name;
    refused_.backend.port = ref.port.value_or(0);
    refused_.findings.push_back(std::move(finding));
    return refused_;
}

Referrer BackendResolver::referrer(const api::Route& route) {
    return {api::name_of(route.kind), route.meta.ns, use_of(route.kind)};
}

const Resolution& BackendResolver::look_up(const Referrer& from,
                                           const api::BackendObjectReference& ref) {
    const std::string_view ns = ref.ns ? std::string_view(*ref.ns) : from.ns;
    const BackendUse use = from.use;
    const bool requests = use == BackendUse::Requests || use == BackendUse::Grpc;
    if (requests && ref.group == api::traefik_group && ref.kind == "TraefikService") {
        if (ns != from.ns) {
            return refuse(
                ref,
                ns,
                {diag::Code::BackendDenied,
                 "a TraefikService must be in the route's own namespace",
                 "copy it there, or refer to Services, which a ReferenceGrant can permit"});
        }
        return composites_.resolve(ns, ref.name, use);
    }
    if (!ref.group.empty() || ref.kind != "Service") {
        return refuse(
            ref,
            ns,
            {diag::Code::BackendKind,
             fmt::format("objects of kind {} cannot be backends", quoted_kind(ref.group, ref.kind)),
             "refer to a Service"});
    }
    // Before existence, so that nobody learns what exists in other namespaces.
    if (!context_.grants.permits(
            {from.kind, from.ns, ref.group, ref.kind, ns, ref.name})) {
        return refuse(ref,
                      ns,
                      {diag::Code::BackendDenied,
                       fmt::format("no ReferenceGrant in namespace {} permits Service {}",
                                   base::quote_for_message(ns),
                                   quoted_name(ns, ref.name)),
                       fmt::format("add one there from {} in namespace {} to Service {}",
                                   from.kind,
                                   base::quote_for_message(from.ns),
                                   base::quote_for_message(ref.name)),
                       grants_of(ns)});
    }
    if (!ref.port) {
        return refuse(
            ref, ns, {diag::Code::BackendNotFound, "Must have port for Service reference", {}});
    }
    policies_.note_use(ns, ref.name);
    const Key key(ns, ref.name, *ref.port, use);
    if (latest_ == known_.end() || latest_->first != key) {
        const auto [entry, is_new] = known_.try_emplace(key);
        if (is_new)
            entry->second = resolve_service(context_, policies_, ns, ref.name, *ref.port, use);
        latest_ = entry;
    }
    return latest_->second;
}

}  // namespace gatefile::graph
