// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gatefile/agent/agent.hpp"
#include "gatefile/http/client.hpp"
#include "gatefile/source/access.hpp"
#include "gatefile/source/api_server.hpp"
#include "gatefile/source/cluster.hpp"
#include "health.hpp"
#include "input.hpp"
#include "metrics.hpp"
#include "pair_keeper.hpp"

namespace gatefile::agent {

/// The objects of a cluster. What it learns on the way goes to the log, the metrics and /readyz.
class ClusterInput : public Input {
public:
    /// `client` is turned by the caller. Without `state_directory` no key pairs are kept.
    ClusterInput(const AgentSettings& settings,
                 std::optional<std::string> state_directory,
                 source::Access access,
                 http::Client& client,
                 const Log& log,
                 Metrics& metrics,
                 Health& health);

    int fd() const override { return -1; }
    std::optional<Clock::time_point> due() const override;
    bool changed(Clock::time_point now) override;
    bool ready() const override { return cluster_.ready(); }
    std::optional<Clock::time_point> reading_due() const override { return std::nullopt; }
    base::Result<std::optional<Reading>> read(Absence absence,
                                              diag::Diagnostics& diagnostics) override;
    void published(bool failed, bool held) override;

    /// Keeps what is not kept yet.
    void flush() { pairs_.flush(cluster_); }

    /// Of everything that is followed.
    std::vector<source::KindState> states() const;
    source::Cluster& cluster() { return cluster_; }
    source::ApiServer& server() { return server_; }

private:
    void tell(const source::ClusterNews& news);
    void note_states();

    const AgentSettings& settings_;
    const Log& log_;
    Metrics& metrics_;
    Health& health_;
    source::Access access_;
    source::ApiServer server_;
    PairKeeper pairs_;
    source::Cluster cluster_;
};

}  // namespace gatefile::agent
