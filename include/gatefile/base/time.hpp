// SPDX-License-Identifier: Apache-2.0
//
// Moments and durations as Kubernetes and Gateway API write them. Only programs read the wall
// clock; what translates is given the moment.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatefile::base {

/// Seconds since 1970 in UTC. An object without creationTimestamp has none (see api::Meta).
struct Timestamp {
    std::int64_t seconds = 0;
    auto operator<=>(const Timestamp&) const = default;
};

/// The present moment.
Timestamp wall_clock();

/// RFC 3339, as in metadata.creationTimestamp; fractions of a second are dropped.
std::optional<Timestamp> parse_rfc3339(std::string_view text);
/// "2026-11-23T17:43:28Z"
std::string format_rfc3339(Timestamp at);

/// A Gateway API Duration (GEP-2257): "1h2m3s4ms", one to four groups of up to five digits.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
/// Go's time.Duration text that Traefik reads back: "1500ms".
std::string format_go_duration(std::chrono::milliseconds duration);

}  // namespace gatefile::base
