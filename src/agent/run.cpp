// SPDX-License-Identifier: Apache-2.0
//
// Opens what the loop works with, what is needed to serve on first.
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "gatefile/agent/agent.hpp"
#include "gatefile/base/strings.hpp"
#include "loop.hpp"
#include "port.hpp"
#include "signals.hpp"

namespace gatefile::agent {

namespace {

base::Result<ClusterAccess> open_access(const AgentSettings& settings) {
    auto home = source::Access::open(*settings.cluster);
    if (!home) return home.error();
    ClusterAccess access{std::move(*home), {}};
    for (const MemberSettings& member : settings.members) {
        // A home that can be served does not wait for what is wrong elsewhere.
        source::AccessSettings asked = member.access;
        asked.waits_for_files = true;
        auto opened = source::Access::open(asked);
        if (!opened) return opened.error().within("--from cluster:" + member.name);
        access.members.push_back(std::move(*opened));
    }
    return access;
}

/// The API servers, or the manifests.
std::string what_is_followed(const AgentSettings& settings,
                             const std::optional<ClusterAccess>& access) {
    if (!access) return base::join(settings.manifests.paths, ",");
    std::string text = access->home.server() + " (" + access->home.origin() + ")";
    for (const source::Access& member : access->members)
        text += fmt::format(", {} ({})", member.server(), member.origin());
    return text;
}

}  // namespace

base::Result<void> run(AgentSettings settings, const Log& log) {
    auto signals = catch_signals();
    if (!signals) return signals.error();
    std::optional<ClusterAccess> access;
    if (settings.cluster) {
        auto opened = open_access(settings);
        if (!opened) return opened.error();
        access = std::move(*opened);
        // Of a cluster, tenants write the endpoints.
        settings.translate.build.backends.refuse_local_endpoints = true;
    }
    auto client = http::Client::open();
    if (!client) return client.error();
    auto output = publish::Output::open(settings.out, settings.keys);
    if (!output) return output.error();
    Kept kept = open_kept(settings, *output, log);
    // Else nothing of what is there would be what is published.
    if (kept.hold && !kept.hold->inner_secret.empty())
        settings.translate.render.inner_secret = kept.hold->inner_secret;
    Metrics metrics;
    Health health(settings.traefik_api.has_value());
    auto targets = Targets::open(settings, output->found(), log, metrics);
    if (!targets) return targets.error();
    std::optional<LivePicture> picture;
    if (settings.listen && settings.page) picture.emplace(settings.translate);
    LivePicture* const shown = picture ? &*picture : nullptr;
    std::optional<Port> port;
    if (settings.listen) {
        auto opened = Port::open(*settings.listen, {health, metrics, shown});
        if (!opened) return opened.error();
        port = std::move(*opened);
    }
    log.write(LogLevel::Info,
              "started",
              {{"version", GATEFILE_VERSION},
               {"from", what_is_followed(settings, access)},
               {"out", settings.out.directory}});
    auto ended = run_loop({.settings = settings,
                           .output = std::move(*output),
                           .kept = std::move(kept),
                           .targets = *targets,
                           .client = *client,
                           .access = std::move(access),
                           .signals = std::move(*signals),
                           .log = log,
                           .metrics = metrics,
                           .health = health,
                           .picture = shown});
    if (!ended) return ended;
    log.write(LogLevel::Info, "stopped; what is published stays");
    return {};
}

}  // namespace gatefile::agent
