// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "explain_parts.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::analysis {

Written find_written(const graph::Graph& graph, diag::ObjectRef object, diag::Path path) {
    Written out{std::move(object), std::move(path), std::nullopt};
    if (graph.snapshot == nullptr || graph.snapshot->from_cluster) return out;
    const api::Meta* meta = graph.snapshot->find_meta(out.object);
    if (meta == nullptr || meta->origin == api::Meta::no_origin) return out;
    diag::Diagnostic sought;
    sought.code = diag::Code::BackendNotFound;
    sought.path = out.path;
    out.at = api::position_of(graph.snapshot->origins[meta->origin], sought);
    return out;
}

const graph::Route* find_route(const graph::Graph& graph, const ir::RouteId& id) {
    const auto at = std::ranges::find_if(graph.routes, [&](const graph::Route& route) {
        const api::Meta& meta = route.spec->meta;
        return meta.name == id.name && meta.ns == id.ns &&
               api::name_of(route.spec->kind) == id.kind;
    });
    return at == graph.routes.end() ? nullptr : &*at;
}

const graph::StreamRoute* find_stream_route(const graph::Graph& graph, const ir::RouteId& id) {
    for (const auto* routes : {&graph.tls_routes, &graph.tcp_routes, &graph.udp_routes}) {
        for (const graph::StreamRoute& route : *routes) {
            const api::Meta& meta = route.spec->meta;
            if (meta.name == id.name && meta.ns == id.ns &&
                api::name_of(route.spec->kind) == id.kind)
                return &route;
        }
    }
    return nullptr;
}

std::string_view written_hostname(const graph::Graph& graph,
                                  const graph::Route& route,
                                  const std::vector<ir::ListenerId>& sources,
                                  std::string_view hostname) {
    for (const graph::Parent& parent : route.parents) {
        if (!parent.accepted) continue;
        for (const graph::Attachment& attachment : parent.attachments) {
            const graph::Gateway& gateway = graph.gateways[attachment.gateway];
            const graph::Listener& listener = gateway.listeners[attachment.listener];
            const bool is_here = std::ranges::any_of(sources, [&](const ir::ListenerId& id) {
                return id.gateway == gateway.spec->meta.name &&
                       id.gateway_ns == gateway.spec->meta.ns && id.name == listener.spec->name &&
                       id.set == (listener.set == nullptr ? "" : listener.set->meta.name);
            });
            if (!is_here) continue;
            for (const graph::EffectiveHostname& effective : attachment.hostnames) {
                if (effective.hostname == hostname) return effective.written;
            }
        }
    }
    return "";
}

std::vector<Written> listeners_of(const graph::Graph& graph,
                                  const std::vector<ir::ListenerId>& sources) {
    std::vector<Written> out;
    for (const ir::ListenerId& id : sources) {
        diag::Path path("spec.listeners");
        for (const graph::Gateway& gateway : graph.gateways) {
            for (const graph::Listener& listener : gateway.listeners) {
                if (listener.spec->name != id.name ||
                    graph::owner_of(gateway, listener) != ir::object_of(id))
                    continue;
                path = diag::Path("spec.listeners") / listener.spec_index;
            }
        }
        out.push_back(find_written(graph, ir::object_of(id), std::move(path)));
    }
    return out;
}

std::string hostname_text(std::string_view hostname) {
    return hostname.empty() ? std::string("any host") : base::quote_for_message(hostname);
}

std::string text_of(const Written& written) {
    std::string text = written.object.text();
    if (!written.path.empty()) text += " " + written.path.text();
    if (!written.at) return text;
    const std::string quoted = base::quote_for_message(written.at->source, 300);
    text += " (" + quoted.substr(1, quoted.size() - 2);
    if (written.at->line != 0) text += fmt::format(":{}", written.at->line);
    return text + ")";
}

}  // namespace gatefile::analysis
