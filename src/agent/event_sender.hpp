// SPDX-License-Identifier: Apache-2.0
//
// Posts the Events that tell of Accepted and Programmed turning.
#pragma once

#include <deque>
#include <memory>
#include <set>
#include <string>

#include "gatefile/agent/agent.hpp"
#include "gatefile/source/cluster.hpp"
#include "gatefile/status/events.hpp"

namespace gatefile::agent {

class EventSender {
public:
    EventSender(const AgentSettings& settings,
                const source::Cluster& cluster,
                source::ApiServer& server,
                const Log& log)
        : settings_(settings), cluster_(cluster), server_(server), log_(log) {}
    ~EventSender();
    EventSender(const EventSender&) = delete;
    EventSender& operator=(const EventSender&) = delete;

    /// The report that objects are told from now on; `speaks`: this agent is the one that tells.
    void report(std::shared_ptr<const status::Report> report, bool speaks);

private:
    void send_next();

    const AgentSettings& settings_;
    const source::Cluster& cluster_;
    source::ApiServer& server_;
    const Log& log_;
    std::shared_ptr<const status::Report> last_ = std::make_shared<status::Report>();
    std::deque<status::Event> waiting_;
    http::Client::Id call_ = 0;
    std::set<std::string> complaints_;  ///< the namespaces that it was said of
};

}  // namespace gatefile::agent
