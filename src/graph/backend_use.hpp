// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "context.hpp"
#include "gatefile/graph/graph.hpp"

namespace gatefile::graph {

/// A backend and what is to be said wherever it is referred to.
struct Resolution {
    Backend backend;
    std::vector<Finding> findings;
    bool is_ending = false;  ///< no endpoint is ready; these serve on while they terminate
};

/// What a route brings to a backend: gRPC needs HTTP/2 from end to end.
enum class BackendUse : std::uint8_t { Requests, Grpc, Connections, Datagrams };

}  // namespace gatefile::graph
