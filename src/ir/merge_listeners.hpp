// SPDX-License-Identifier: Apache-2.0
//
// The listeners of all Gateways that take requests, merged by entry point and hostname (design.md
// §3.1): a request belongs to the most specific of them, whichever Gateway it comes from.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/graph/graph.hpp"
#include "gatefile/ir/ir.hpp"
#include "precedence.hpp"

namespace gatefile::ir {

/// A listener of the graph that serves.
struct Source {
    std::size_t gateway = 0;   ///< in Graph::gateways
    std::size_t listener = 0;  ///< in Gateway::listeners
};

/// All Gateways, in the order in which they go first.
std::vector<std::size_t> oldest_first(const std::vector<graph::Gateway>& gateways);

std::vector<ListenerId> listener_ids(const graph::Graph& graph, const std::vector<Source>& sources);

/// Listeners that clients reach through the same door.
struct Door {
    std::string_view entry_point;
    bool tls = false;
    auto operator<=>(const Door&) const = default;
};

struct MergedListener {
    Door door;
    std::string_view hostname;
    std::vector<Source> sources;  ///< oldest Gateway first
};

class MergedListeners {
public:
    explicit MergedListeners(const graph::Graph& graph);

    const std::vector<MergedListener>& all() const { return merged_; }
    /// In all(); nothing when the listener does not serve, or no requests.
    std::optional<std::size_t> find(std::size_t gateway, std::size_t listener) const {
        return index_[gateway][listener];
    }
    /// The listener of another Gateway that takes every request for `hostname`, which a route has
    /// on all()[merged] by way of `gateway`. Nothing when it is the Gateway's own matter.
    std::optional<std::size_t>
    captor(std::size_t merged, std::string_view hostname, std::size_t gateway) const;
    /// Warns once per listener that loses hosts to narrower listeners of other Gateways.
    void report_captures(const graph::Graph& graph, diag::Diagnostics& diagnostics) const;

private:
    using ByHostname = std::map<std::string_view, std::size_t, MostSpecificFirst>;
    struct DoorState {
        ByHostname listeners;
        bool shared = false;  ///< by several Gateways
    };

    std::vector<std::size_t> covering(const DoorState& door, std::string_view hostname) const;
    bool has_gateway(std::size_t merged, std::size_t gateway) const;

    std::vector<MergedListener> merged_;
    std::vector<std::vector<std::optional<std::size_t>>> index_;
    std::map<Door, DoorState> doors_;
};

/// A route's hostname is another listener's, which is reached through the same entry point.
diag::Diagnostic host_captured(const graph::Graph& graph,
                               const Source& captor,
                               const api::Route& route,
                               std::size_t parent,
                               std::string_view hostname);

/// Every listener of `merged` as the IR has it, still without hosts and certificates.
std::vector<Listener> lower_listeners(const graph::Graph& graph, const MergedListeners& merged);

}  // namespace gatefile::ir
