// SPDX-License-Identifier: Apache-2.0
//
// Status of listeners, whether they are a Gateway's or a ListenerSet's.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "faults.hpp"
#include "gatefile/status/report.hpp"

namespace gatefile::status {

inline constexpr std::string_view accepted_type = "Accepted";
inline constexpr std::string_view programmed_type = "Programmed";
inline constexpr std::string_view resolved_refs_type = "ResolvedRefs";

/// Of one object.
using ObjectFaults = std::span<const diag::Diagnostic* const>;

/// Those of the object as a whole.
FaultList of_object(ObjectFaults faults, diag::Condition condition);

/// `faults` and `generation` are of the object that has the listener.
ListenerStatus listener_status(const graph::Gateway& gateway,
                               const graph::Listener& listener,
                               ObjectFaults faults,
                               std::int64_t generation);

bool any_listener(const std::vector<ListenerStatus>& listeners,
                  std::string_view type,
                  bool is_true);

/// "Listeners not accepted: \"a\" (ProtocolConflict); accepted: \"b\""
std::string describe_accepted(const std::vector<ListenerStatus>& listeners);

}  // namespace gatefile::status
