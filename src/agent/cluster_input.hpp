// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bundle_probe.hpp"
#include "credentials.hpp"
#include "gatefile/agent/agent.hpp"
#include "gatefile/http/client.hpp"
#include "gatefile/publish/output.hpp"
#include "gatefile/source/access.hpp"
#include "gatefile/source/api_server.hpp"
#include "gatefile/source/cluster.hpp"
#include "health.hpp"
#include "input.hpp"
#include "kind_keeper.hpp"
#include "member_feed.hpp"
#include "member_keeper.hpp"
#include "metrics.hpp"
#include "pair_keeper.hpp"
#include "problems.hpp"

namespace gatefile::agent {

/// The members whose endpoints are in what is published.
std::set<std::string> served_members(const AgentSettings& settings,
                                     const publish::Output& published);

/// To the home, and to the members in the order of the settings.
struct ClusterAccess {
    source::Access home;
    std::vector<source::Access> members;
    std::set<std::string> served = {};  ///< members whose endpoints are in what is published
};

/// The objects of a cluster, and what its members have beside it. What it learns on the way goes to
/// the log, the metrics and /readyz.
class ClusterInput : public Input {
public:
    /// `client` is turned by the caller. Without `state_directory` no key pairs are kept, and what
    /// else is kept is beside the output.
    ClusterInput(const AgentSettings& settings,
                 std::optional<std::string> state_directory,
                 ClusterAccess access,
                 http::Client& client,
                 const Log& log,
                 Metrics& metrics,
                 Health& health);

    int fd() const override { return -1; }
    std::optional<Clock::time_point> due() const override;
    bool changed(Clock::time_point now) override;
    bool ready() const override;
    std::optional<Clock::time_point> reading_due() const override { return std::nullopt; }
    base::Result<std::optional<Reading>> read(Absence absence,
                                              diag::Diagnostics& diagnostics) override;
    void published(bool failed, bool held) override;

    /// Keeps what is not kept yet.
    void flush() {
        pairs_.flush(cluster_);
        kept_members_.flush();
    }

    /// What belongs to --state-dir is kept in this directory from now on.
    void keep_in(const std::string& directory) {
        pairs_.keep_in(directory);
        if (!members_.empty()) kept_members_.keep_in(directory);
    }

    source::Cluster& cluster() { return cluster_; }
    const std::vector<std::unique_ptr<MemberFeed>>& members() const { return members_; }
    /// Objects of any cluster.
    std::size_t held() const;
    /// What is known of API servers.
    void fill_in(Situation& known) const;
    /// Whether nothing is published before this member was read: its endpoints are served.
    bool waits_for(const MemberFeed& member) const;
    source::ApiServer& server() { return server_; }
    /// Whether server() may be called: who we are there is known.
    bool may_ask() const { return credentials_.are_there(); }

private:
    void tell(const source::ClusterNews& news);
    /// Of everything that is followed.
    std::vector<source::KindState> states() const;
    void note_states();
    bool members_wanted() const;
    std::string note_lost(const api::Snapshot& home, bool accepted);
    void note_waiting(Clock::time_point now);
    std::shared_ptr<const api::Snapshot> with_members(std::shared_ptr<const api::Snapshot> home);

    const AgentSettings& settings_;
    const Log& log_;
    Metrics& metrics_;
    Health& health_;
    source::Access access_;
    Credentials credentials_;
    source::ApiServer server_;
    PairKeeper pairs_;
    source::Cluster cluster_;
    BundleProbe bundle_;
    std::vector<std::unique_ptr<MemberFeed>> members_;
    MemberKeeper kept_members_;
    KindKeeper kept_kinds_;
    Resources resources_;       ///< that what is published has objects of; not waived
    Resources resources_read_;  ///< the same of the last reading
    std::set<std::string> served_;  ///< what is published has endpoints of these; not waived
    Reach reach_;                   ///< of the home
    /// From then on the clusters beside the home are not waited for, but those that are served.
    Clock::time_point members_until_;
    bool was_waiting_said_ = false;
    bool is_accepted_ = false;  ///< an absence, before there was a reading
};

}  // namespace gatefile::agent
