// SPDX-License-Identifier: Apache-2.0
//
// What outlives a publication: the last generations, the last good output in --state-dir, and an
// operator's word that nothing is to be published.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gatefile/agent/agent.hpp"
#include "gatefile/publish/history.hpp"
#include "gatefile/publish/last_good.hpp"
#include "hold.hpp"
#include "metrics.hpp"

namespace gatefile::agent {

/// What there is from before.
struct Kept {
    std::optional<publish::LastGood> last_good;
    std::string problem;       ///< why there is no last_good though one is wanted
    bool is_anothers = false;  ///< because another gatefile has the directory
    std::optional<Hold> hold;
    std::vector<publish::File> found;  ///< in the directory that is published into
    std::size_t weight = 0;            ///< of them
};

publish::HistorySettings history_settings(const AgentSettings& settings);

class Keeper {
public:
    using Clock = std::chrono::steady_clock;

    /// What would be published if nothing were paused.
    struct Waiting {
        std::string id;
        std::size_t weight = 0;
        base::Timestamp since;
        /// Services of what is served whose servers nobody knows any more.
        std::vector<std::string> stale = {};
    };

    Keeper(const AgentSettings& settings, Kept kept, const Log& log, Metrics& metrics);

    const publish::History& history() const { return history_; }
    /// Of what is in the directory; empty where that is not known.
    const std::string& published_id() const { return published_id_; }
    /// The same for all agents that publish the same: without marks that each draws for itself.
    const std::string& shared_id() const { return shared_id_; }
    /// FileSet::backends of what is in the directory.
    const std::string& backends() const { return backends_; }
    std::optional<base::Timestamp> published_at() const { return published_at_; }
    std::size_t published_weight() const { return published_weight_; }

    /// Whether --state-dir does not have it, and is not about to.
    bool is_unkept(std::string_view id) const {
        return last_good_ && id != stored_id_ && !(write_at_ && id == unstored_.generation);
    }
    /// What was translated is in the directory; `changed`: since just now. `substitute`: what a start
    /// from --state-dir publishes instead.
    void published(publish::FileSet files,
                   const publish::FileHashes& hashes,
                   bool changed,
                   std::optional<publish::FileSet> substitute = {});
    void put_back(const publish::Generation& generation, publish::FileSet files);
    /// What is held was published with the servers of now.
    void refreshed(publish::FileSet files, const publish::FileHashes& hashes);
    /// Those that what is published has in files, as far as they are kept.
    std::vector<publish::File> keys() const;
    void loaded(std::string_view id);
    /// On a full disk: whether there is more room now.
    bool make_room() { return history_.drop_all_but(published_id_); }

    const std::optional<Hold>& hold() const { return hold_; }
    /// Nothing while nothing is paused, and while what is published is what there is.
    const std::optional<Waiting>& waiting() const { return waiting_; }
    void wait_with(const std::string& id, std::size_t weight, std::vector<std::string> stale);
    /// What is held is what there is.
    void wait_for_nothing() { waiting_.reset(); }
    /// An Error when it cannot be kept; then nothing changes.
    base::Result<void> pause(Hold hold);
    base::Result<void> resume();

    /// The last good output is written when there was a moment's quiet.
    std::optional<Clock::time_point> due() const;
    void turn(Clock::time_point now);
    void flush();
    /// Why the last good output could not be kept; empty: it was.
    const std::string& problem() const { return problem_; }
    bool has_last_good() const { return last_good_.has_value(); }
    /// Another gatefile has --state-dir.
    bool is_anothers() const { return is_anothers_; }
    /// Whether --state-dir could be used since the last call, and not before.
    bool take_opened() { return std::exchange(is_opened_, false); }
    /// --state-dir, where it can be used.
    std::optional<std::string> state_directory() const {
        return last_good_ ? std::optional(last_good_->directory()) : std::nullopt;
    }

private:
    void adopt(const publish::FileSet& files);
    void keep_soon(publish::FileSet files, std::optional<publish::FileSet> substitute = {});
    void write();
    void mirror();
    void open_again();
    void take_over();
    void note_unkept(const std::string& why);
    void note_paused();
    void note_text(const std::vector<publish::File>& files);
    void note_backends(const std::string& backends);
    void keep_generation(const publish::FileSet& files,
                         const publish::FileHashes& hashes,
                         bool is_same_but_servers,
                         const std::string& before);
    void note_kept(const base::Result<void>& done) const;
    std::vector<std::string> directories() const;
    base::Result<void> set_hold(const std::optional<Hold>& hold);

    const AgentSettings& settings_;
    std::optional<publish::LastGood> last_good_;
    const Log& log_;
    Metrics& metrics_;
    publish::History history_;
    std::optional<Hold> hold_;
    std::optional<Waiting> waiting_;
    std::string published_id_;
    std::optional<base::Timestamp> published_at_;
    std::size_t published_weight_ = 0;
    std::string shared_id_;
    std::string shape_;      ///< what is published, without servers; empty: not known
    std::string backends_;
    std::string backends_hash_;
    std::string stored_id_;  ///< in --state-dir
    publish::FileSet unstored_;
    std::optional<publish::FileSet> unstored_substitute_;
    std::optional<Clock::time_point> write_at_;
    std::optional<Clock::time_point> mirror_at_;  ///< generations go to --state-dir, too
    std::optional<Clock::time_point> open_at_;    ///< --state-dir is tried again
    bool is_anothers_ = false;
    bool is_opened_ = false;
    std::string problem_;
};

/// Opens --state-dir, where one is given. With an empty output directory, what it kept is
/// published, if it is of this format. What cannot be done is logged. Nothing is waited for.
Kept open_kept(const AgentSettings& settings, publish::Output& output, const Log& log);

}  // namespace gatefile::agent
