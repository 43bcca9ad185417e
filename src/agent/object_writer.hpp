// SPDX-License-Identifier: Apache-2.0
//
// Applies and deletes the objects that the agent has in the cluster besides status: the Services of
// Gateways. One request at a time; what fails is tried again.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gatefile/agent/log.hpp"
#include "gatefile/analysis/gateway_services.hpp"
#include "gatefile/source/api_server.hpp"

namespace gatefile::agent {

class ObjectWriter {
public:
    using Clock = std::chrono::steady_clock;

    ObjectWriter(source::ApiServer& server, const Log& log) : server_(server), log_(log) {}
    ~ObjectWriter();
    ObjectWriter(const ObjectWriter&) = delete;
    ObjectWriter& operator=(const ObjectWriter&) = delete;

    /// Everything that has to be written from now on; what was wanted before is forgotten.
    void want(std::vector<analysis::ObjectWrite> writes);
    /// `leads`: this agent is the one that writes.
    void turn(bool leads, Clock::time_point now);
    std::optional<Clock::time_point> due() const { return retry_at_; }

private:
    void send(const analysis::ObjectWrite& write);
    void answered(const analysis::ObjectWrite& write, const source::ApiAnswer& answer);
    void complain(const analysis::ObjectWrite& write, const source::ApiAnswer& answer);

    source::ApiServer& server_;
    const Log& log_;
    std::vector<analysis::ObjectWrite> writes_;
    /// The last one that succeeded: until a watch tells of it, the plan has it still.
    std::vector<analysis::ObjectWrite> done_;
    std::vector<analysis::ObjectWrite> failed_;  ///< since the last rest
    std::set<std::string> complaints_;            ///< told since the last one that succeeded
    http::Client::Id call_ = 0;
    std::optional<Clock::time_point> retry_at_;
};

}  // namespace gatefile::agent
