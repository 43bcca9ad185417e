// SPDX-License-Identifier: Apache-2.0
//
// Random clusters and requests that are likely to meet: few labels, segments and values, hostnames
// and paths that are prefixes of each other. The same seed gives the same cluster everywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
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
    /// For manifests: filters of all kinds, shares, backends that are not there; nothing that the
    /// API server refuses, and nothing that needs more than three entry points.
    bool whole = false;
    // And for these manifests, which are then of more than HTTPRoutes:
    bool grpc = false;
    bool streams = false;           ///< TLS listeners and TLSRoutes beside HTTPS
    bool client_validation = false;
    bool listener_filters = false;
    bool rule_extras = false;       ///< mirrors, retries, sessions
};

/// A Service that routes name; with `whole` they also name some that are not there.
struct Service {
    std::string ns;
    std::string name;
    std::string address;  ///< empty: it has no endpoint
    bool h2c = false;
    std::uint16_t port = 13000;  ///< of the endpoint
};

struct Cluster {
    std::vector<std::unique_ptr<api::Gateway>> gateways;
    std::vector<std::unique_ptr<api::HttpRoute>> routes;
    std::vector<std::unique_ptr<api::GrpcRoute>> grpc_routes;
    std::vector<std::unique_ptr<api::TlsRoute>> tls_routes;
    std::vector<Service> services;
    api::Secret certificate;  ///< of every HTTPS listener
    graph::Graph graph;
};

/// Gateways, routes and Services, without the graph.
std::unique_ptr<Cluster> make_objects(Random& random, const ClusterPlan& plan);

/// And a graph over them with faults of its own, for plans that are not `whole`. Every rule that
/// answers has an answer of its own: one endpoint, named "b<route>-<rule>", or a redirect to that
/// host.
std::unique_ptr<Cluster> make_cluster(Random& random, const ClusterPlan& plan);

ir::Request make_request(Random& random, const ClusterPlan& plan, const Cluster& cluster);

/// A request as a command line has it: for analysis::make_question() and add_header().
struct Sent {
    std::string method;
    std::string url;
    std::vector<std::string> headers;  ///< "Name: value", Host first
    std::optional<std::string> sni;
    std::string client;  ///< of `clients`, whose certificate is shown; empty: none is
};
Sent make_sent(Random& random, const ClusterPlan& plan, const Cluster& cluster);

/// The hostname that both a listener's and a route's cover; nothing when there is none.
std::optional<std::string> intersect(std::string_view listener, std::string_view route);

}  // namespace gatefile::properties
