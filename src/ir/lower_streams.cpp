// SPDX-License-Identifier: Apache-2.0
#include "lower_streams.hpp"

#include <algorithm>
#include <compare>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "precedence.hpp"

namespace gatefile::ir {
namespace {

/// Who wants a hostname of a stream; the smallest has it.
struct Claim {
    Specificity written;
    Seniority seniority;
    const graph::StreamRoute* route = nullptr;
    std::size_t parent = 0;   ///< in spec.parentRefs
    std::size_t gateway = 0;  ///< in Graph::gateways
};

/// The connections of a stream for one hostname.
using Claims = std::vector<Claim>;
using ByHostname = std::map<std::string_view, Claims, MostSpecificFirst>;

diag::ObjectRef ref(const api::StreamRoute& route) {
    return {std::string(api::name_of(route.kind)), route.meta.ns, route.meta.name};
}

class StreamLowering {
public:
    StreamLowering(const graph::Graph& graph,
                   const MergedStreams& merged,
                   const MergedListeners& beside,
                   const std::vector<TlsClient>& clients,
                   BackendTable& backends,
                   Config& config,
                   diag::Diagnostics& diagnostics)
        : graph_(graph), merged_(merged), beside_(beside), clients_(clients), backends_(backends),
          config_(config),
          diagnostics_(diagnostics), claims_(merged.all().size()) {}

    void run() {
        for (const auto* routes : {&graph_.tls_routes, &graph_.tcp_routes, &graph_.udp_routes}) {
            for (const graph::StreamRoute& route : *routes)
                claim(route);
        }
        for (std::size_t i = 0; i < claims_.size(); ++i) {
            for (auto& [hostname, claims] : claims_[i])
                settle(config_.streams[i], hostname, claims);
        }
    }

private:
    void claim(const graph::StreamRoute& route) {
        const api::Meta& meta = route.spec->meta;
        for (const graph::Parent& parent : route.parents) {
            if (!parent.accepted) continue;
            for (const graph::Attachment& attachment : parent.attachments) {
                const auto stream = merged_.find(attachment.gateway, attachment.listener);
                if (!stream) continue;
                for (const graph::EffectiveHostname& hostname : attachment.hostnames) {
                    claims_[*stream][hostname.hostname].push_back(
                        {specificity(hostname.written),
                         seniority(meta.created, meta.ns, meta.name),
                         &route,
                         parent.index,
                         attachment.gateway});
                    report_capture(route, *stream, attachment, parent.index, hostname.hostname);
                }
            }
        }
    }

    void report_capture(const graph::StreamRoute& route,
                        std::size_t index,
                        const graph::Attachment& attachment,
                        std::size_t parent,
                        std::string_view hostname) {
        const MergedStream& stream = merged_.all()[index];
        const std::size_t gateway = attachment.gateway;
        auto captor = merged_.captor(stream.entry_point, stream.hostname, hostname, gateway);
        if (!captor) captor = captor_of_connections(beside_, stream, hostname, gateway);
        if (captor) {
            diagnostics_.add(host_captured(graph_, *captor, *route.spec, parent, hostname));
        }
    }

    void settle(Stream& stream, std::string_view hostname, Claims& claims) {
        std::ranges::stable_sort(claims, {}, [](const Claim& claim) {
            return std::tie(claim.written, claim.seniority);
        });
        const Claim& winner = claims.front();
        std::set<const graph::StreamRoute*> told{winner.route};
        for (const Claim& claim : claims) {
            if (told.insert(claim.route).second) report_shadowed(stream, hostname, claim, winner);
        }
        stream.hosts.push_back({.hostname = std::string(hostname),
                                .route = route_index(*winner.route),
                                .members = members(stream, winner)});
    }

    void report_shadowed(const Stream& stream,
                         std::string_view hostname,
                         const Claim& claim,
                         const Claim& winner) {
        const bool by_name =
            stream.kind == StreamKind::TlsPassthrough || stream.kind == StreamKind::TlsTerminate;
        const std::string what =
            by_name && !hostname.empty()
                ? fmt::format("connections for {}", base::quote_for_message(hostname))
                : fmt::format("everything that comes to port {}", stream.sources.front().port);
        const diag::ObjectRef owner = ref(*winner.route->spec);
        diagnostics_.add({
            .code = diag::Code::RuleShadowed,
            .object = ref(*claim.route->spec),
            .path = diag::Path("spec.parentRefs") / claim.parent,
            .detail =
                fmt::format("{} goes to {}, which is {}",
                            what,
                            owner.text(),
                            claim.written == winner.written ? "older or first by name"
                                                            : "written for a narrower hostname"),
            .hint = by_name ? "give the routes different hostnames"
                            : "attach the routes to different listeners",
            .parent = claim.parent,
        });
    }

    std::size_t route_index(const graph::StreamRoute& route) {
        const auto [at, is_new] = routes_.try_emplace(&route, config_.routes.size());
        if (is_new) {
            const diag::ObjectRef id = ref(*route.spec);
            config_.routes.push_back({id.kind, id.ns, id.name});
        }
        return at->second;
    }

    /// None when all of them are closed.
    std::vector<StreamMember> members(const Stream& stream, const Claim& claim) {
        const graph::StreamRoute& route = *claim.route;
        const TlsClient& client = clients_[claim.gateway];
        std::vector<StreamMember> members;
        bool any_lives = false;
        for (std::size_t i = 0; i < route.backends.size(); ++i) {
            const graph::StreamBackendRef& ref = route.backends[i];
            if (ref.spec->weight <= 0) continue;
            StreamMember& member = members.emplace_back();
            member.weight = ref.spec->weight;
            member.ref = i;
            if (ref.backend.fails) continue;
            // What is encrypted from end to end is not encrypted once more.
            const bool keeps_tls = stream.kind != StreamKind::TlsPassthrough;
            const bool fails = ref.backend.tls_fails || (ref.backend.tls && client.fails);
            if (keeps_tls && fails) continue;
            member.backend = keeps_tls ? backends_.index_of(ref.backend, client)
                                       : backends_.index_without_tls(ref.backend);
            any_lives = true;
        }
        if (!any_lives) members.clear();
        return members;
    }

    const graph::Graph& graph_;
    const MergedStreams& merged_;
    const MergedListeners& beside_;
    const std::vector<TlsClient>& clients_;  ///< by Gateway
    BackendTable& backends_;
    Config& config_;
    diag::Diagnostics& diagnostics_;
    std::vector<ByHostname> claims_;                           ///< by stream
    std::map<const graph::StreamRoute*, std::size_t> routes_;  // looked up, not iterated
};

/// Traefik keeps what a UDP entry point served last until it is given something else.
void add_unused(const graph::Graph& graph, std::vector<Stream>& streams) {
    std::set<std::string_view> unused;
    for (const graph::Slot& slot : graph.capabilities.slots) {
        for (const graph::SlotPort& port : slot.ports) {
            if (port.transport == graph::Transport::Udp) unused.insert(port.entry_point);
        }
    }
    for (const Stream& stream : streams) {
        if (stream.kind == StreamKind::Udp) unused.erase(stream.entry_point);
    }
    for (const std::string_view entry_point : unused) {
        Stream& stream = streams.emplace_back();
        stream.kind = StreamKind::Udp;
        stream.entry_point = entry_point;
    }
}

}  // namespace

std::vector<Stream> lower_streams(const graph::Graph& graph, const MergedStreams& merged) {
    std::vector<Stream> streams;
    streams.reserve(merged.all().size());
    for (const MergedStream& from : merged.all()) {
        Stream& stream = streams.emplace_back();
        stream.kind = from.kind;
        stream.entry_point = from.entry_point;
        stream.hostname = from.hostname;
        stream.sources = listener_ids(graph, from.sources);
        if (from.kind == StreamKind::TlsTerminate) stream.tls.emplace();
    }
    add_unused(graph, streams);
    return streams;
}

void lower_stream_routes(const graph::Graph& graph,
                         const MergedStreams& merged,
                         const MergedListeners& beside,
                         const std::vector<TlsClient>& clients,
                         BackendTable& backends,
                         Config& config,
                         diag::Diagnostics& diagnostics) {
    StreamLowering(graph, merged, beside, clients, backends, config, diagnostics).run();
}

}  // namespace gatefile::ir
