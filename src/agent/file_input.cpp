// SPDX-License-Identifier: Apache-2.0
#include "file_input.hpp"

#include <algorithm>
#include <utility>

#include "gatefile/analysis/roles.hpp"
#include "gatefile/source/good_pair.hpp"

namespace gatefile::agent {

namespace {

/// Where the file system sends no events and no --poll was given.
constexpr std::chrono::milliseconds fallback_poll{5000};
constexpr const char* not_all_read =
    "not all manifests can be read, and what those had that cannot is not known";

}  // namespace

FileInput::FileInput(const AgentSettings& settings, const Log& log)
    : settings_(settings), log_(log),
      watcher_(settings.manifests.paths, settings.manifests.recursive),
      follower_(settings.manifests) {}

bool FileInput::changed(Clock::time_point) {
    return watcher_.drain();
}

void FileInput::note_unwatched(const std::vector<std::string>& unwatched) {
    const std::vector<std::string> before = std::exchange(unwatched_, unwatched);
    for (const std::string& path : unwatched) {
        if (std::ranges::binary_search(before, path)) continue;
        log_.write(LogLevel::Warn,
                   "not watched for events; it is read every few seconds instead",
                   {{"path", path}});
    }
}

std::optional<Input::Clock::time_point> FileInput::reading_due() const {
    // A grace that is over would be due all the time.
    if (failed_) return poll_at_;
    if (poll_at_ && held_until_) return std::min(*poll_at_, *held_until_);
    return poll_at_ ? poll_at_ : held_until_;
}

/// As in a cluster: a new certificate and key that cannot be used take nothing away.
std::shared_ptr<const api::Snapshot>
FileInput::with_good_pairs(std::shared_ptr<const api::Snapshot> snapshot,
                           diag::Diagnostics& diagnostics) {
    auto before = std::exchange(good_pairs_, {});
    std::vector<std::shared_ptr<const api::Secret>> kept;
    const std::vector<diag::ObjectRef> needed =
        analysis::needed_by_name(*snapshot, settings_.translate.build.selection);
    for (const auto& secret : snapshot->secrets.pointers()) {
        const diag::ObjectRef ref{"Secret", secret->meta.ns, secret->meta.name};
        if (!std::ranges::binary_search(needed, ref)) continue;
        if (source::has_good_pair(*secret)) {
            good_pairs_.emplace(ref, secret);
        } else if (const auto known = before.find(ref); known != before.end()) {
            source::KeptPair pair = source::keep_pair(*known->second, *secret);
            diagnostics.add(std::move(pair.why));
            kept.push_back(std::move(pair.secret));
            good_pairs_.insert(*known);
        }
    }
    return kept.empty() ? snapshot : api::with_secrets(*snapshot, kept);
}

base::Result<std::optional<Input::Reading>> FileInput::read(Absence absence,
                                                            diag::Diagnostics& diagnostics) {
    note_unwatched(watcher_.refresh());
    // An absence that was held back long enough is believed.
    const bool grace_is_over = held_until_ && *held_until_ <= Clock::now();
    accepted_ = absence == Absence::Accepted || grace_is_over;
    if (accepted_) follower_.accept_absence();
    auto reading = follower_.read(diagnostics);
    if (!reading) return reading.error();
    witnessed_ = reading->deletions_witnessed;
    const bool is_whole = reading->complete || witnessed_;
    return std::optional(Reading{.snapshot =
                                     with_good_pairs(std::move(reading->snapshot), diagnostics),
                                 .deletions_witnessed = witnessed_,
                                 .lacks = is_whole ? "" : not_all_read,
                                 .absence_accepted = accepted_});
}

void FileInput::published(bool failed, bool held) {
    failed_ = failed;
    if (!failed) {
        if (!held && witnessed_) {
            held_until_.reset();
        } else if (!held_until_ || accepted_) {
            held_until_ = Clock::now() + settings_.grace;
        }
    }
    const bool must_poll = settings_.poll || !unwatched_.empty() || failed;
    poll_at_ = must_poll ? std::optional(Clock::now() + settings_.poll.value_or(fallback_poll))
                         : std::nullopt;
}

}  // namespace gatefile::agent
