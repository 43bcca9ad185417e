// SPDX-License-Identifier: Apache-2.0
//
// The listeners of all Gateways whose connections are passed on as bytes, merged by entry point and
// hostname like those of requests (merge_listeners.hpp).
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "gatefile/graph/graph.hpp"
#include "gatefile/ir/ir.hpp"
#include "merge_listeners.hpp"

namespace gatefile::ir {

struct MergedStream {
    StreamKind kind = StreamKind::Tcp;
    std::string_view entry_point;
    std::string_view hostname;
    std::vector<Source> sources;  ///< oldest Gateway first
    bool closed = false;          ///< its sources are not served, see graph::Listener::closes
};

class MergedStreams {
public:
    explicit MergedStreams(const graph::Graph& graph);

    /// In the order of Config::streams.
    const std::vector<MergedStream>& all() const { return merged_; }
    /// In all(); nothing when the listener does not serve, or serves requests.
    std::optional<std::size_t> find(std::size_t gateway, std::size_t listener) const {
        return index_[gateway][listener];
    }

    /// The listener of another Gateway that takes every connection with TLS for `hostname`, which a
    /// route has on a listener for `listener` of the entry point by way of `gateway`. Nothing when
    /// it is the Gateway's own matter.
    std::optional<Source> captor(std::string_view entry_point,
                                 std::string_view listener,
                                 std::string_view hostname,
                                 std::size_t gateway) const;

private:
    std::vector<MergedStream> merged_;
    std::vector<std::vector<std::optional<std::size_t>>> index_;
};

/// The same among the listeners that take requests.
std::optional<Source> captor_of_connections(const MergedListeners& merged,
                                            const MergedStream& stream,
                                            std::string_view hostname,
                                            std::size_t gateway);

}  // namespace gatefile::ir
