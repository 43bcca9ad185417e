// SPDX-License-Identifier: Apache-2.0
//
// The agent's HTTP port, on a thread of its own, so that it answers while the loop translates:
//   /livez, /healthz     the loop turns
//   /readyz[/CHECK]      health.hpp; ?verbose lists the checks
//   /metrics             metrics.hpp
//   /, /graph.json       live_picture.hpp, as a page and as its data, unless it is turned off
// GET and HEAD, no bodies, no writes. Who can reach it learns what is routed where and what is
// wrong with it, and nothing secret: no keys, and no values that requests are matched by.
#pragma once

#include <string_view>
#include <utility>

#include "gatefile/base/result.hpp"
#include "health.hpp"
#include "http_server.hpp"
#include "live_picture.hpp"
#include "metrics.hpp"

namespace gatefile::agent {

/// What there is to tell. All of it must outlive the Port.
struct Served {
    const Health& health;
    const Metrics& metrics;
    LivePicture* picture = nullptr;  ///< null: there is no page
};

/// What a GET is answered, port or no port.
Reply answer(const Question& question, const Served& served);

class Port {
public:
    /// `address` as ServerSettings has it, and the same errors.
    static base::Result<Port> open(std::string_view address, const Served& served);

    /// The port that is listened on.
    unsigned number() const { return server_.number(); }

private:
    explicit Port(HttpServer server) : server_(std::move(server)) {}
    HttpServer server_;
};

}  // namespace gatefile::agent
