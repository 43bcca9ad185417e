// SPDX-License-Identifier: Apache-2.0
//
// What the clusters beside the home had, kept beside what is published, so that an agent that
// starts while one of them is away goes on with its endpoints.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/agent/log.hpp"
#include "gatefile/api/snapshot.hpp"

namespace gatefile::agent {

/// By the names of clusters: their Services and EndpointSlices.
using MemberObjects = std::map<std::string, std::shared_ptr<const api::Snapshot>, std::less<>>;

/// Of `members` what lies in namespaces in which `home` has a route or a grant: no other Service
/// can be referred to.
std::string write_members(const api::Snapshot& home,
                          const std::vector<api::MemberCluster>& members);
/// Nothing where the text is damaged.
std::optional<MemberObjects> parse_members(std::string_view text);

class MemberKeeper {
public:
    using Clock = std::chrono::steady_clock;

    /// Without a directory nothing is kept.
    MemberKeeper(std::optional<std::string> directory, const Log& log);

    /// What is kept from before.
    MemberObjects read();

    /// What is served from now on. Written a while later.
    void note(std::shared_ptr<const api::Snapshot> home,
              std::vector<api::MemberCluster> members,
              Clock::time_point now);

    std::optional<Clock::time_point> due() const { return write_at_; }
    void turn(Clock::time_point now);
    /// Writes what is not written yet.
    void flush();

private:
    std::optional<std::string> directory_;
    const Log& log_;
    std::string kept_;  ///< hash of what the file holds
    std::shared_ptr<const api::Snapshot> home_;
    std::vector<api::MemberCluster> members_;
    std::optional<Clock::time_point> write_at_;
    std::string problem_;
};

}  // namespace gatefile::agent
