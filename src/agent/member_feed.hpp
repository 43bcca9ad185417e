// SPDX-License-Identifier: Apache-2.0
//
// A cluster beside the home: its Services and their endpoints. What it does not answer any more is
// served on; what it never answered is waited for as long as Traefik may be kept waiting.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "credentials.hpp"
#include "gatefile/agent/agent.hpp"
#include "gatefile/http/client.hpp"
#include "gatefile/source/access.hpp"
#include "gatefile/source/api_server.hpp"
#include "gatefile/source/cluster.hpp"
#include "metrics.hpp"
#include "reach.hpp"

namespace gatefile::agent {

class MemberFeed {
public:
    using Clock = std::chrono::steady_clock;

    /// `client` is turned by the caller; `settings` outlives this.
    MemberFeed(const MemberSettings& settings,
               const AgentSettings& agent,
               source::Access access,
               http::Client& client,
               const Log& log,
               Metrics& metrics);
    MemberFeed(const MemberFeed&) = delete;
    MemberFeed& operator=(const MemberFeed&) = delete;

    const MemberSettings& settings() const { return settings_; }
    const std::string& server() const { return access_.server(); }
    source::Cluster& cluster() { return cluster_; }
    const source::Cluster& cluster() const { return cluster_; }

    /// Why nothing is asked there yet; empty when all is well.
    const std::string& credentials_fault() const { return credentials_.fault(); }

    /// Takes in what came; true when the next reading may differ from the last.
    bool changed(Clock::time_point now);
    std::optional<Clock::time_point> due() const;
    /// Whether all that counts of it was listed once. What may not be read was not.
    bool is_read() const { return cluster_.listed(); }
    /// What an earlier agent read; in place of what is not read yet. Null: nothing.
    void keep(std::shared_ptr<const api::Snapshot> kept) {
        kept_ = std::move(kept);
        is_missing_ = false;
    }
    bool is_kept() const { return !is_read() && kept_ != nullptr; }
    /// As far as it was read. One that was not has its place, so that nothing but endpoints changes
    /// once it is.
    api::MemberCluster objects() const;
    /// What could not be decoded.
    diag::Diagnostics refused() const;
    /// Says that something is published without it, or with what is kept, once until it is there.
    void note_missing();

private:
    void tell(const source::ClusterNews& news);
    void note_state();

    const MemberSettings& settings_;
    const Log& log_;
    Metrics& metrics_;
    bool was_read_ = false;
    Reach reach_;
    bool is_missing_ = false;  ///< and that was said
    std::shared_ptr<const api::Snapshot> kept_;
    source::Access access_;
    Credentials credentials_;
    source::ApiServer server_;
    source::Cluster cluster_;
};

/// What was found, said of a cluster.
diag::Diagnostics found_in(const diag::Diagnostics& found, std::string_view cluster);

/// Whether most of what is followed gets no answer.
bool is_unreachable(const std::vector<source::KindState>& kinds);

}  // namespace gatefile::agent
