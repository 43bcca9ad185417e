// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gatefile/agent/agent.hpp"
#include "gatefile/source/manifests.hpp"
#include "input.hpp"
#include "watcher.hpp"

namespace gatefile::agent {

/// Manifests on disk, by inotify, and by reading again where that tells nothing.
class FileInput : public Input {
public:
    FileInput(const AgentSettings& settings, const Log& log);

    int fd() const override { return watcher_.fd(); }
    std::optional<Clock::time_point> due() const override { return std::nullopt; }
    bool changed(Clock::time_point now) override;
    bool ready() const override { return true; }
    std::optional<Clock::time_point> reading_due() const override;
    base::Result<std::optional<Reading>> read(Absence absence,
                                              diag::Diagnostics& diagnostics) override;
    void published(bool failed, bool held) override;

private:
    void note_unwatched(const std::vector<std::string>& unwatched);
    std::shared_ptr<const api::Snapshot>
    with_good_pairs(std::shared_ptr<const api::Snapshot> snapshot, diag::Diagnostics& diagnostics);

    const AgentSettings& settings_;
    const Log& log_;
    Watcher watcher_;
    source::ManifestFollower follower_;
    /// Of Secrets that something refers to, as they last had a pair that is good.
    std::map<diag::ObjectRef, std::shared_ptr<const api::Secret>> good_pairs_;
    std::vector<std::string> unwatched_;
    bool witnessed_ = true;
    bool accepted_ = false;
    bool failed_ = false;
    std::optional<Clock::time_point> poll_at_;
    std::optional<Clock::time_point> held_until_;
};

}  // namespace gatefile::agent
