// SPDX-License-Identifier: Apache-2.0
#include "challenges.hpp"

#include <algorithm>

#include "gatefile/ir/match.hpp"

namespace gatefile::traefik {

std::span<const ir::Entry>
challenges_of(const ir::Config& config, const ir::Listener& listener, const ir::Host& host) {
    const auto end = std::ranges::find_if_not(host.entries, [](const ir::Entry& entry) {
        const ir::PathMatch& path = entry.match.path;
        return path.kind == ir::PathKind::Exact && path.value.starts_with(challenge_prefix);
    });
    // HTTP-01 is for names, not for wildcards.
    if (end == host.entries.begin() || host.hostname.empty() || host.hostname.front() == '*')
        return {};
    const bool is_elsewhere =
        std::ranges::any_of(config.listeners, [&](const ir::Listener& other) {
            return other.entry_point == listener.entry_point &&
                   other.tls.has_value() == listener.tls.has_value() &&
                   other.hostname != listener.hostname &&
                   ir::hostname_covers(listener.hostname, other.hostname) &&
                   ir::hostname_covers(other.hostname, host.hostname);
        });
    if (is_elsewhere) return {};
    return {host.entries.begin(), end};
}

}  // namespace gatefile::traefik
