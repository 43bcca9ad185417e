// SPDX-License-Identifier: Apache-2.0
//
// Keeps the status of objects in a cluster as the last report has it. Writes only what differs, a
// few at a time; a conflict is planned again from what the API server has by then, which the watch
// brings or else a retry finds.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "gatefile/agent/agent.hpp"
#include "gatefile/source/cluster.hpp"
#include "gatefile/status/report.hpp"
#include "gatefile/status/write.hpp"
#include "metrics.hpp"
#include "status_retries.hpp"

namespace gatefile::agent {

class StatusWriter {
public:
    using Clock = std::chrono::steady_clock;

    StatusWriter(const AgentSettings& settings,
                 source::Cluster& cluster,
                 source::ApiServer& server,
                 const Log& log,
                 Metrics& metrics);
    ~StatusWriter();
    StatusWriter(const StatusWriter&) = delete;
    StatusWriter& operator=(const StatusWriter&) = delete;

    /// What the objects are to be told from now on.
    void want(std::shared_ptr<const status::Report> report, status::OwnsGateway owns);
    /// Somebody, perhaps we, wrote these objects.
    void touched(const std::vector<diag::ObjectRef>& objects);
    /// Whether this agent is the one that writes; on becoming it, everything is looked at again.
    void lead(bool leads);

    std::optional<Clock::time_point> due() const;
    void turn(Clock::time_point now);
    /// Whether nothing is under way or waiting.
    bool idle() const { return running_.empty() && queue_.empty(); }

private:
    void look_at_everything();
    const status::ObjectStatus* find_wanted(const diag::ObjectRef& object) const;
    void write(const diag::ObjectRef& object);
    std::optional<source::ApiCall> plan(const diag::ObjectRef& object) const;
    void written(const diag::ObjectRef& object, const source::ApiAnswer& answer);
    void complain(const diag::ObjectRef& object, const source::ApiAnswer& answer);

    const AgentSettings& settings_;
    source::Cluster& cluster_;
    source::ApiServer& server_;
    const Log& log_;
    Metrics& metrics_;

    std::shared_ptr<const status::Report> wanted_ = std::make_shared<status::Report>();
    status::OwnsGateway owns_;
    std::set<diag::ObjectRef> queue_;
    std::map<diag::ObjectRef, http::Client::Id> running_;
    std::set<diag::ObjectRef> again_;  ///< of those that run: to be looked at afterwards
    std::set<std::string> complaints_;
    StatusRetries retries_;
    std::minstd_rand random_;
    bool leads_ = true;
    bool first_ = true;
};

}  // namespace gatefile::agent
