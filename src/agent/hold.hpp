// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gatefile/base/time.hpp"

namespace gatefile::agent {

/// Nothing is published until an operator says so. Kept in a file, so that it outlives the agent.
struct Hold {
    base::Timestamp since;
    std::string reason;  ///< one line of printable text; may be empty
    struct Generation {
        std::uint64_t number = 0;
        std::string id;
        bool operator==(const Generation&) const = default;
    };
    std::optional<Generation> rolled_back_to;
    /// RenderSettings::inner_secret of the agent that was paused: with another one, what there is
    /// would not be what is published.
    std::string inner_secret = {};

    bool operator==(const Hold&) const = default;
};

/// Beside it: FileSet::backends of what is held, which is told by traefik::id_without_servers().
std::string write_held_backends(std::string_view shape, std::string_view backends);
/// Empty where it is damaged, or of something else than `shape`.
std::string parse_held_backends(std::string_view text, std::string_view shape);

/// A reason as it is kept and shown: without line breaks, and not longer than 200 bytes.
std::string tidy_reason(std::string_view text);

std::string write_hold(const Hold& hold);
/// Nothing where it is damaged.
std::optional<Hold> parse_hold(std::string_view text);

/// "publishing is paused since 2026-11-29T10:00:00Z (reason)", or what was rolled back to.
std::string describe(const Hold& hold);

}  // namespace gatefile::agent
