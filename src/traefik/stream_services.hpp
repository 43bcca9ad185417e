// SPDX-License-Identifier: Apache-2.0
//
// Where TCP and UDP routers lead: load balancers, shared by the routes, weights, transports.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "draft.hpp"

namespace gatefile::traefik {

/// Each makes what it names when that is first asked for.
class StreamServices {
public:
    explicit StreamServices(Draft& draft);

    /// Services of the section `tcp`.
    std::string connections(const ir::StreamHost& host);
    std::string closed_connections();
    /// Services of the section `udp`.
    std::string datagrams(const ir::StreamHost& host);
    std::string closed_datagrams();

private:
    std::string connections_to(std::size_t backend);
    std::string datagrams_to(std::size_t backend);
    std::string transport(const ir::Backend& backend);

    Draft& draft_;
    std::vector<std::string> backend_names_;
    std::vector<std::string> tls_names_;  ///< of transports, by Config::backend_tls
    std::set<std::string> made_;          ///< load balancers and transports
    std::map<std::string, StreamWeighted> weighted_;
};

}  // namespace gatefile::traefik
