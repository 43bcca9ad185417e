// SPDX-License-Identifier: Apache-2.0
//
// What the loop knows, in the words of those who are told: conditions, and the page.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "gatefile/agent/lease.hpp"
#include "gatefile/status/loading.hpp"
#include "held_output.hpp"
#include "live_picture.hpp"
#include "problems.hpp"

namespace gatefile::agent {

/// Gateway and listener of each entry point.
using ListenersByEntryPoint = std::multimap<std::string, std::pair<diag::ObjectRef, std::string>>;

/// `differing`: while nothing is published, the Gateways and ListenerSets of which the report says
/// something else than is served. `count`: of the agents that share the work, if there are several.
status::Loading loading_of(const Situation& situation,
                           const ListenersByEntryPoint& listeners,
                           const Differing& differing,
                           const status::Report& report,
                           const std::optional<Members::Count>& count);

LivePicture::State picture_state_of(const Situation& situation);

}  // namespace gatefile::agent
