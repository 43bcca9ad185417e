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

/// What was published is served on whatever becomes of credentials, which a reboot may bring later
/// than us. A kubeconfig that cannot be used is an Error where nothing is published: then somebody
/// is installing.
base::Result<ClusterAccess> open_access(const AgentSettings& settings, bool is_published) {
    const auto open = [is_published](source::AccessSettings asked) {
        asked.waits_for_files = true;
        asked.waits_for_config = is_published;
        return source::Access::open(asked);
    };
    auto home = open(*settings.cluster);
    if (!home) return home.error();
    ClusterAccess access{std::move(*home), {}};
    for (const MemberSettings& member : settings.members) {
        auto opened = open(member.access);
        if (!opened) return opened.error().within("--from cluster:" + member.name);
        access.members.push_back(std::move(*opened));
    }
    return access;
}

std::string name_of(const source::Access& access) {
    if (access.server().empty()) return access.origin();
    return fmt::format("{} ({})", access.server(), access.origin());
}

/// The API servers, or the manifests.
std::string what_is_followed(const AgentSettings& settings,
                             const std::optional<ClusterAccess>& access) {
    if (!access) return base::join(settings.manifests.paths, ",");
    std::string text = name_of(access->home);
    for (const source::Access& member : access->members)
        text += ", " + name_of(member);
    return text;
}

}  // namespace

base::Result<void> run(AgentSettings settings, const Log& log) {
    auto signals = catch_signals();
    if (!signals) return signals.error();
    // Of a cluster, tenants write the endpoints.
    if (settings.cluster) settings.translate.build.backends.refuse_local_endpoints = true;
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
    std::optional<ClusterAccess> access;
    if (settings.cluster) {
        auto opened = open_access(settings, output->has_files());
        if (!opened) return opened.error();
        access = std::move(*opened);
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
