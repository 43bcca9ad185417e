// SPDX-License-Identifier: Apache-2.0
//
// What the clusters beside the home had, kept beside what is published, so that an agent that
// starts while one of them is away goes on with its endpoints.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/agent/log.hpp"
#include "gatefile/api/snapshot.hpp"

#include "kept_text.hpp"

namespace gatefile::agent {

/// By the names of clusters: their Services and EndpointSlices.
using MemberObjects = std::map<std::string, std::shared_ptr<const api::Snapshot>, std::less<>>;

/// The namespaces in which `home` has a route or a grant: in no other can a Service be referred to.
std::set<std::string> namespaces_of_backends(const api::Snapshot& home);

/// A member's objects in these namespaces. What was read by an earlier agent is kept as it is:
/// there is nothing to read it from again.
struct MemberToKeep {
    std::string name;
    std::shared_ptr<const api::Snapshot> objects;
    bool is_from_before = false;
};

std::string write_members(const std::set<std::string>& namespaces,
                          const std::vector<MemberToKeep>& members);
/// Nothing where the text is damaged.
std::optional<MemberObjects> parse_members(std::string_view text);

class MemberKeeper {
public:
    using Clock = std::chrono::steady_clock;

    /// Without a directory nothing is kept.
    MemberKeeper(std::optional<std::string> directory, const Log& log);

    /// What is kept from before.
    MemberObjects read();

    /// What is served from now on. Written a while later, and at once where another namespace, Service
    /// or member counts than before: who starts then must not take less for all that there was.
    void note(const api::Snapshot& home, std::vector<MemberToKeep> members, Clock::time_point now);

    /// From now on; what is there gives way to what was noted.
    void keep_in(std::string directory) { kept_.keep_in(std::move(directory)); }

    std::optional<Clock::time_point> due() const {
        return kept_.is_on() ? write_at_ : std::nullopt;
    }
    void turn(Clock::time_point now);
    /// Writes what is not written yet.
    void flush();

private:
    bool is_same(const std::vector<MemberToKeep>& members) const;

    KeptText kept_;
    std::set<std::string> namespaces_;
    std::vector<MemberToKeep> members_;  ///< what was noted last
    std::optional<Clock::time_point> write_at_;
};

}  // namespace gatefile::agent
