// SPDX-License-Identifier: Apache-2.0
#include "keeper.hpp"

#include <algorithm>
#include <utility>

#include "gatefile/base/hash.hpp"
#include "gatefile/publish/history_mirror.hpp"
#include "gatefile/traefik/published_text.hpp"
#include "hold_files.hpp"
#include "targets.hpp"

namespace gatefile::agent {

namespace {

using namespace std::chrono_literals;

/// A burst of publications is kept once.
constexpr auto quiet = 1s;
constexpr auto again_after = 30s;
/// One that another has is free when that one ends.
constexpr auto open_again_after = 5s;

}  // namespace

publish::HistorySettings history_settings(const AgentSettings& settings) {
    return {.directory = settings.out.directory,
            .keys = settings.keys ? std::optional(settings.keys->directory) : std::nullopt,
            .count = settings.history};
}

Keeper::Keeper(const AgentSettings& settings, Kept kept, const Log& log, Metrics& metrics)
    : settings_(settings), last_good_(std::move(kept.last_good)), log_(log), metrics_(metrics),
      history_(history_settings(settings)),
      hold_(std::move(kept.hold)), is_anothers_(kept.is_anothers) {
    if (settings.state_dir && !last_good_) {
        note_unkept(kept.problem);
        open_at_ = Clock::now() + open_again_after;
    }
    const publish::Generation* current =
        publish::current_generation(settings.out.directory, history_.list());
    if (current != nullptr) {
        published_id_ = current->id;
        published_at_ = current->at;
        published_weight_ = current->weight;
        note_backends(history_.backends(*current));
    }
    if (last_good_) {
        if (const auto stored = last_good_->read(); stored && *stored) adopt(**stored);
    }
    note_text(kept.found);
    if (published_id_.empty() && kept.found.size() == 1) {
        published_id_ = marked_generation(kept.found.front().bytes).value_or("");
        published_weight_ = kept.weight;
    }
    if (hold_ && backends_.empty())
        note_backends(read_held_backends(directories(), shape_));
    note_paused();
    if (hold_)
        log_.write(
            LogLevel::Warn, "paused; `gatefile resume` ends it", {{"why", describe(*hold_)}});
}

/// What --state-dir keeps may have been published from there a moment ago.
void Keeper::adopt(const publish::FileSet& files) {
    stored_id_ = files.generation;
    if (!published_id_.empty()) return;
    publish::Generation stored{.id = files.generation};
    for (const publish::File& file : files.files)
        stored.files.push_back({file.name, base::sha256_hex(file.bytes)});
    if (publish::current_generation(settings_.out.directory, {stored}) != nullptr)
        published(files, {}, true);
}

void Keeper::note_paused() {
    metrics_.set(Metric::Paused, {}, hold_ ? 1 : 0);
}

void Keeper::published(publish::FileSet files,
                       const publish::FileHashes& hashes,
                       bool changed,
                       std::optional<publish::FileSet> substitute) {
    waiting_.reset();
    if (changed || !published_at_) published_at_ = base::wall_clock();
    const std::string before = std::exchange(published_id_, files.generation);
    published_weight_ = files.weight;
    const std::string shape = shape_;
    const std::string backends = backends_hash_;
    if (before != published_id_ || shape_.empty()) note_text(files.files);
    note_backends(files.backends);
    keep_generation(files, hashes, shape == shape_ && backends == backends_hash_, before);
    keep_soon(std::move(files), std::move(substitute));
}

void Keeper::keep_generation(const publish::FileSet& files,
                             const publish::FileHashes& hashes,
                             bool is_same_but_servers,
                             const std::string& before) {
    const auto& kept = history_.list();
    const std::string last = kept.empty() ? std::string() : kept.back().id;
    const bool is_last = last == published_id_;
    if (!kept.empty() && is_last && kept.back().backends == backends_hash_) return;
    // Pods come and go all day: the ten are for what people change.
    const bool takes_place = is_last || (last == before && is_same_but_servers);
    note_kept(!kept.empty() && takes_place
                  ? history_.replace(last, files, hashes, base::wall_clock())
                  : history_.keep(files, hashes, base::wall_clock()));
}

void Keeper::note_backends(const std::string& backends) {
    if (backends == backends_) return;
    backends_ = backends;
    backends_hash_ = publish::hash_of_backends(backends);
}

void Keeper::note_text(const std::vector<publish::File>& files) {
    if (files.size() != 1) return;
    shape_ = traefik::id_without_servers(files.front().bytes);
    if (settings_.lease) shared_id_ = traefik::id_without_marks(files.front().bytes);
}

std::vector<publish::File> Keeper::keys() const {
    const auto& all = history_.list();
    const auto kept = std::ranges::find(all, published_id_, &publish::Generation::id);
    if (kept == all.end() || kept->keys.empty()) return {};
    auto files = history_.read(*kept);
    return files ? std::move(files->keys) : std::vector<publish::File>();
}

void Keeper::note_kept(const base::Result<void>& done) const {
    if (done) return;
    log_.write(LogLevel::Warn,
               "the generation is published and not kept for a rollback",
               {{"error", done.error().text}});
}

void Keeper::refreshed(publish::FileSet files, const publish::FileHashes& hashes) {
    const std::string before = std::exchange(published_id_, files.generation);
    note_text(files.files);
    note_kept(history_.replace(before, files, hashes, base::wall_clock()));
    keep_soon(std::move(files));
}

void Keeper::put_back(const publish::Generation& generation, publish::FileSet files) {
    published_id_ = generation.id;
    published_at_ = base::wall_clock();
    published_weight_ = generation.weight;
    note_text(files.files);
    note_backends(files.backends);
    if (hold_) {
        // The generation has them, too.
        for (const std::string& directory : directories()) {
            [[maybe_unused]] const auto ignored =
                keep_hold(directory, *hold_, shape_, backends_);
        }
    }
    keep_soon(std::move(files));
}

void Keeper::keep_soon(publish::FileSet files, std::optional<publish::FileSet> substitute) {
    if (!last_good_) return;
    if (files.generation == stored_id_) {
        write_at_.reset();
        problem_.clear();
        return;
    }
    if (write_at_ && files.generation == unstored_.generation) return;
    mirror_at_ = Clock::now() + quiet;
    unstored_ = std::move(files);
    unstored_substitute_ = std::move(substitute);
    if (!write_at_) write_at_ = Clock::now() + quiet;
}

void Keeper::loaded(std::string_view id) {
    history_.mark_loaded(id);
    if (last_good_) mirror_at_ = Clock::now() + quiet;
}

std::optional<Keeper::Clock::time_point> Keeper::due() const {
    std::optional<Clock::time_point> next = open_at_;
    for (const auto& at : {write_at_, mirror_at_})
        if (at && (!next || *at < *next)) next = at;
    return next;
}

void Keeper::turn(Clock::time_point now) {
    if (open_at_ && *open_at_ <= now) open_again();
    if (write_at_ && *write_at_ <= now) write();
    if (mirror_at_ && *mirror_at_ <= now) mirror();
}

void Keeper::flush() {
    write();
    mirror();
}

void Keeper::open_again() {
    open_at_ = Clock::now() + open_again_after;
    // What a start would publish from there is not given up for nothing.
    if (published_id_.empty()) return;
    auto opened = publish::LastGood::open(*settings_.state_dir, true);
    is_anothers_ = !opened && opened.error().kind == base::ErrorKind::Refused;
    if (!opened) {
        note_unkept(opened.error().text);
        return;
    }
    open_at_.reset();
    last_good_ = std::move(*opened);
    take_over();
}

/// From now on it has what this agent serves, and no word that was meant for another.
void Keeper::take_over() {
    is_opened_ = true;
    problem_.clear();
    if (const auto stored = last_good_->read(); stored && *stored)
        stored_id_ = (*stored)->generation;
    const std::string& directory = last_good_->directory();
    const auto told =
        hold_ ? keep_hold(directory, *hold_, shape_, backends_) : drop_hold(directory);
    if (!told) {
        log_.write(LogLevel::Warn,
                   "a start from --state-dir may find publishing paused, or not paused, unlike now",
                   {{"error", told.error().text}});
    }
    mirror_at_ = Clock::now() + quiet;
    log_.write(LogLevel::Info,
               "the last good output is kept from now on",
               {{"directory", directory}});
    // Else the next turn has it.
    const auto& all = history_.list();
    const auto held = std::ranges::find(all, published_id_, &publish::Generation::id);
    if (!hold_ || held == all.end()) return;
    if (auto files = history_.read(*held)) keep_soon(std::move(*files));
}

void Keeper::note_unkept(const std::string& why) {
    if (problem_ != why)
        log_.write(LogLevel::Error,
                   "the last good output is not kept; a reboot would find an older one",
                   {{"error", why}});
    problem_ = why;
}

/// Less than the last good output: what is served after a reboot does not need it.
void Keeper::mirror() {
    if (!mirror_at_) return;
    mirror_at_.reset();
    const auto done =
        publish::mirror_generations(history_settings(settings_), last_good_->directory());
    if (done) return;
    log_.write(LogLevel::Warn,
               "generations are not kept in --state-dir",
               {{"error", done.error().text}});
}

void Keeper::write() {
    if (!write_at_) return;
    write_at_.reset();
    const publish::FileSet* substitute = unstored_substitute_ ? &*unstored_substitute_ : nullptr;
    if (auto written = last_good_->write(unstored_, substitute, base::wall_clock()); !written) {
        note_unkept(written.error().text);
        write_at_ = Clock::now() + again_after;
        return;
    }
    problem_.clear();
    stored_id_ = unstored_.generation;
    unstored_ = {};
    unstored_substitute_.reset();
}

void Keeper::wait_with(const std::string& id,
                       std::size_t weight,
                       std::vector<std::string> stale) {
    if (id == published_id_) {
        waiting_.reset();
        return;
    }
    const base::Timestamp since = waiting_ ? waiting_->since : base::wall_clock();
    const bool is_news = !waiting_ || waiting_->id != id;
    waiting_ = Waiting{id, weight, since, std::move(stale)};
    if (is_news && hold_) {
        log_.write(LogLevel::Warn,
                   "not published: publishing is paused",
                   {{"generation", id.substr(0, 12)}, {"why", describe(*hold_)}});
    }
}

/// Where it is kept that nothing is to be published.
std::vector<std::string> Keeper::directories() const {
    std::vector<std::string> found{settings_.out.directory};
    if (last_good_) found.push_back(last_good_->directory());
    return found;
}

/// Nothing: the pause is over. What cannot be must not be found at the next start either.
base::Result<void> Keeper::set_hold(const std::optional<Hold>& hold) {
    const auto put = [this](const std::optional<Hold>& wanted) {
        base::Result<void> all;
        for (const std::string& directory : directories()) {
            auto done = wanted ? keep_hold(directory, *wanted, shape_, backends_)
                               : drop_hold(directory);
            if (!done && all) all = done.error();
        }
        return all;
    };
    auto done = put(hold);
    if (done) {
        hold_ = hold;
        note_paused();
        return done;
    }
    if (const auto undone = put(hold_); !undone) {
        log_.write(LogLevel::Warn,
                   "the next start may find publishing paused, or not paused, unlike now",
                   {{"error", undone.error().text}});
    }
    return done;
}

base::Result<void> Keeper::pause(Hold hold) {
    hold.inner_secret = settings_.translate.render.inner_secret;
    if (auto done = set_hold(std::move(hold)); !done) return done;
    log_.write(LogLevel::Warn, "paused", {{"why", describe(*hold_)}});
    return {};
}

base::Result<void> Keeper::resume() {
    if (auto done = set_hold(std::nullopt); !done) return done;
    // It may say so though nothing can be kept there.
    if (settings_.state_dir && !last_good_ && !is_anothers_) {
        [[maybe_unused]] const auto ignored = drop_hold(*settings_.state_dir);
    }
    waiting_.reset();
    log_.write(LogLevel::Info, "resumed");
    return {};
}

}  // namespace gatefile::agent
