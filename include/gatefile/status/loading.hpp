// SPDX-License-Identifier: Apache-2.0
//
// `Programmed` follows what Traefik serves: a report of what was published, and how much of it has
// been seen, to the report that is written.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "gatefile/status/report.hpp"

namespace gatefile::status {

struct Loading {
    enum class State : std::uint8_t {
        Unproven,  ///< nobody can be asked (no --traefik-api): published counts as served
        Loaded,
        NotLoaded,
    };
    State state = State::Unproven;
    std::size_t loaded = 0;  ///< how many Traefiks serve it
    std::size_t agents = 1;  ///< of how many
    std::string problem;     ///< for NotLoaded: what is wrong and where to look; a clause
    std::string note;        ///< said besides where all is well; a clause
    /// What Traefik has against routes though it has loaded them; clauses.
    std::map<diag::ObjectRef, std::string> refused;
    /// The same of a Gateway's listeners, by their names.
    std::map<diag::ObjectRef, std::map<std::string, std::string>> refused_listeners;
    /// Gateways and ListenerSets of which something else is served than they say; clauses. They
    /// are told as if nothing of them were loaded.
    std::map<diag::ObjectRef, std::string> waiting;
};

/// Not loaded: Gateways and listeners that were Programmed are so no longer, for reason Pending,
/// with the problem. Where there are several Traefiks the message says how many serve it. Never
/// turns False into True; what is False for another reason keeps its words. A route that Traefik
/// refuses has the condition `gatefile.dev/Loaded` False, for reason RefusedByTraefik; of a Gateway,
/// Programmed is False for reason Invalid, on the listener and on the whole.
Report with_loading(Report report, const Loading& loading);

}  // namespace gatefile::status
