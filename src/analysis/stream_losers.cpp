// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "explain_parts.hpp"
#include "gatefile/base/strings.hpp"

namespace gatefile::analysis {
namespace {

struct Reason {
    int distance = 0;  ///< the smallest is nearest
    std::string word;
    std::string why;
};

Reason reason_of(const Case& one, const graph::Attachment& attachment) {
    const graph::Listener& listener =
        one.graph.gateways[attachment.gateway].listeners[attachment.listener];
    const std::string name = base::quote_for_message(listener.spec->name);
    const bool is_tls = listener.protocol == graph::Protocol::Tls;
    if (listener.entry_point.empty() || listener.entry_point != one.request.entry_point ||
        is_tls != one.question.tls) {
        return {3,
                "other-port",
                fmt::format("its listener {} is on port {} ({})",
                            name,
                            listener.spec->port,
                            listener.spec->protocol)};
    }
    if (!one.question.tls) return {0, "other-route", "another route has the listener's port"};
    const std::string asked = ir::host_name(one.question.sni.value_or(""));
    std::vector<std::string> names;
    bool covers = false;
    for (const graph::EffectiveHostname& hostname : attachment.hostnames) {
        names.push_back(hostname_text(hostname.hostname));
        covers = covers || ir::hostname_covers(hostname.hostname, asked);
    }
    if (covers) {
        return {0,
                "other-route",
                fmt::format("it is for {}, and a more specific name or an older route goes first",
                            base::join(names, ", "))};
    }
    return {1, "hostname", "it is for " + base::join(names, ", ")};
}

std::optional<Loser> loser(const Case& one, const graph::StreamRoute& route) {
    std::optional<Reason> nearest;
    for (const graph::Parent& parent : route.parents) {
        const auto keep = [&](Reason reason) {
            if (!nearest || reason.distance < nearest->distance) nearest = std::move(reason);
        };
        if (!parent.accepted) {
            const api::Meta& gateway = one.graph.gateways[parent.gateway].spec->meta;
            const diag::ObjectRef object{"Gateway", gateway.ns, gateway.name};
            keep({2,
                  "not-attached",
                  fmt::format("{} does not take it, gatefile check says why", object.text())});
            continue;
        }
        for (const graph::Attachment& attachment : parent.attachments)
            keep(reason_of(one, attachment));
    }
    if (!nearest) return std::nullopt;
    const api::Meta& meta = route.spec->meta;
    return Loser{
        find_written(
            one.graph, {std::string(api::name_of(route.spec->kind)), meta.ns, meta.name}, {}),
        nearest->word,
        nearest->why,
        nearest->distance == 0};
}

}  // namespace

std::vector<Loser> stream_losers(const Case& one, const std::optional<Taken>& taken) {
    std::vector<Loser> found;
    for (const auto* routes : {&one.graph.tls_routes, &one.graph.tcp_routes}) {
        for (const graph::StreamRoute& route : *routes) {
            std::optional<Loser> made = loser(one, route);
            const bool took = made && taken && taken->route.object == made->written.object;
            if (made && !took) found.push_back(std::move(*made));
        }
    }
    return found;
}

}  // namespace gatefile::analysis
