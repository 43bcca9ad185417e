// SPDX-License-Identifier: Apache-2.0
//
// Random clusters and requests that are likely to meet: few labels, segments and values, hostnames
// and paths that are prefixes of each other. The same seed gives the same cluster everywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/graph/graph.hpp"
#include "gatefile/ir/match.hpp"

namespace gatefile::properties {

/// splitmix64: unlike the standard distributions the same on every platform.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next();
    /// In [0, bound).
    std::size_t below(std::size_t bound) { return static_cast<std::size_t>(next() % bound); }
    bool one_in(std::size_t n) { return below(n) == 0; }
    template <typename Range>
    auto pick(const Range& range) {
        return range[below(range.size())];
    }

private:
    std::uint64_t state_;
};

struct ClusterPlan {
    std::size_t gateways = 2;   ///< at most
    std::size_t listeners = 4;  ///< of each Gateway, at most
    std::size_t routes = 8;     ///< at most
    std::size_t hostnames = 0;  ///< of these many hosts "<word>.apps.x", besides the few others
    bool tls = false;
    bool redirects = true;
};

/// A graph with everything that it points to. Every rule that answers has an answer of its own: one
/// endpoint, named "b<route>-<rule>", or a redirect to that host.
struct Cluster {
    graph::Graph graph;
    std::vector<std::unique_ptr<api::Gateway>> gateways;
    std::vector<std::unique_ptr<api::HttpRoute>> routes;
    api::Secret certificate;  ///< of every HTTPS listener
};
std::unique_ptr<Cluster> make_cluster(Random& random, const ClusterPlan& plan);

ir::Request make_request(Random& random, const ClusterPlan& plan, const Cluster& cluster);

/// The hostname that both a listener's and a route's cover; nothing when there is none.
std::optional<std::string> intersect(std::string_view listener, std::string_view route);

}  // namespace gatefile::properties
