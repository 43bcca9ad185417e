// SPDX-License-Identifier: Apache-2.0
#include <poll.h>

#include <algorithm>
#include <utility>

#include "gatefile/source/cluster.hpp"

namespace gatefile::source {

base::Result<std::shared_ptr<const api::Snapshot>>
read_cluster(const AccessSettings& settings, ClusterSettings cluster_settings, ReadOnce once) {
    using Clock = std::chrono::steady_clock;
    auto access = Access::open(settings);
    if (!access) return access.error();
    auto client = http::Client::open();
    if (!client) return client.error();
    std::string problem = "nothing was answered";
    ApiServer server(*client, *access, {});
    Cluster cluster(std::move(cluster_settings), server, [&](const ClusterNews& news) {
        if (news.kind != ClusterNews::Kind::Degraded) return;
        problem = news.problem;
        if (once.degraded) once.degraded(news);
    });
    const auto end = Clock::now() + once.limit;
    bool is_followed = !once.needed;
    while (!cluster.ready() || !is_followed) {
        if (cluster.ready()) {
            // Middlewares and policies are all there; what they name does not name anything more.
            const auto needed = once.needed(*cluster.snapshot());
            cluster.follow({needed.begin(), needed.end()});
            is_followed = true;
            continue;
        }
        if (Clock::now() >= end) return base::Error{base::ErrorKind::Network, problem};
        cluster.turn(Clock::now());
        auto until = end;
        for (const auto& at : {cluster.due(), client->due()}) {
            if (at) until = std::min(until, *at);
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
        pollfd fd{client->fd(), POLLIN, 0};
        ::poll(&fd, 1, static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1000)));
        client->turn();
    }
    return cluster.snapshot();
}

}  // namespace gatefile::source
