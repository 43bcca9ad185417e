// SPDX-License-Identifier: Apache-2.0
//
// How a change that may be larger than a transaction goes into a store.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store_changes.hpp"
#include "store_server.hpp"

namespace gatefile::publish {

/// Each vector is one transaction.
struct Steps {
    std::vector<std::vector<Op>> before;  ///< changes nothing that is served
    std::vector<std::vector<Op>> change;  ///< one of them, or readers have to be held off
    std::vector<std::vector<Op>> after;   ///< likewise
};

/// One transaction if it can be. Else what no router can refer to yet comes before, what none refers to any more goes after: Services,
/// middlewares and transports that are new, or gone, as a whole. The ops point into `wanted`.
Steps plan_steps(const std::string& root,
                 const Pairs& present,
                 const Pairs& wanted,
                 const StoreServer& server);

/// What holds readers off: no Traefik can read a configuration with this key, so each keeps the one
/// that it has, and asks again until the key is gone.
inline constexpr std::string_view hold_key = "http/routers/gatefile-writes/priority";
inline constexpr std::string_view hold_value = "gatefile is writing a generation here";

}  // namespace gatefile::publish
