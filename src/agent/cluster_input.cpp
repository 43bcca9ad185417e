// SPDX-License-Identifier: Apache-2.0
#include "cluster_input.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "gatefile/analysis/roles.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/traefik/published_text.hpp"

namespace gatefile::agent {

namespace {

/// Of what belongs to what is published and is no secret: where that is kept.
std::optional<std::string> directory_beside(const AgentSettings& settings,
                                            const std::optional<std::string>& state_directory) {
    return settings.state_dir ? state_directory : settings.out.directory;
}

std::optional<std::string> members_directory(const AgentSettings& settings,
                                             const std::optional<std::string>& state_directory) {
    if (settings.members.empty()) return std::nullopt;
    return directory_beside(settings, state_directory);
}

}  // namespace

ClusterInput::ClusterInput(const AgentSettings& settings,
                           std::optional<std::string> state_directory,
                           ClusterAccess access,
                           http::Client& client,
                           const Log& log,
                           Metrics& metrics,
                           Health& health)
    : settings_(settings), log_(log), metrics_(metrics), health_(health),
      access_(std::move(access.home)), credentials_(access_, settings.cluster_name, log),
      server_(client,
              access_,
              {.ended =
                   [&metrics](const source::Action& action, int status) {
                       metrics.add(Metric::ApiRequestsTotal,
                                   {action.verb, action.resource, std::to_string(status)});
                   },
               .warned =
                   [&log](const std::string& text) {
                       log.write(LogLevel::Warn, "the API server warns", {{"warning", text}});
                   }}),
      pairs_(state_directory, log),
      cluster_({.namespaces = settings.watch_namespaces,
                .poll = settings.poll,
                .good_pairs = pairs_.read()},
               server_,
               [this](const source::ClusterNews& news) { tell(news); }),
      bundle_(server_, log),
      kept_members_(members_directory(settings, state_directory), log),
      kept_kinds_(directory_beside(settings, state_directory), log), resources_(kept_kinds_.read()),
      served_(std::move(access.served)),
      // In time for who is let go after the whole of it.
      members_until_(Clock::now() + settings.startup_timeout * 9 / 10) {
    for (std::size_t i = 0; i < access.members.size(); ++i) {
        members_.push_back(std::make_unique<MemberFeed>(
            settings.members[i], settings, std::move(access.members[i]), client, log, metrics));
    }
    const MemberObjects kept = kept_members_.read();
    for (const auto& member : members_) {
        const std::string& name = member->settings().name;
        // What is not served was taken away by somebody.
        const auto found = served_.contains(name) ? kept.find(name) : kept.end();
        if (found != kept.end()) member->keep(found->second);
    }
}

std::set<std::string> served_members(const AgentSettings& settings,
                                     const publish::Output& published) {
    std::set<std::string> served;
    const std::vector<publish::File> files = published.found();
    for (const MemberSettings& member : settings.members) {
        const auto has = [&member](const publish::File& file) {
            return traefik::is_made_with_cluster(file.bytes, member.name);
        };
        if (std::ranges::any_of(files, has)) served.insert(member.name);
    }
    return served;
}

void ClusterInput::fill_in(Situation& known) const {
    known.server = access_.server();
    known.credentials_fault = credentials_.fault();
    known.kinds = states();
    known.newer_bundle = bundle_.newer();
    for (const auto& member : members_) {
        known.members.push_back({.settings = &member->settings(),
                                 .server = member->server(),
                                 .is_read = member->is_read(),
                                 .is_kept = member->is_kept(),
                                 .is_waited_for = waits_for(*member),
                                 .held_objects = member->cluster().held(),
                                 .kinds = member->cluster().states(),
                                 .credentials_fault = member->credentials_fault()});
    }
}

void ClusterInput::tell(const source::ClusterNews& news) {
    switch (news.kind) {
    case source::ClusterNews::Kind::Synced:
        log_.write(LogLevel::Debug, "synced", {{"resource", news.resource}});
        break;
    case source::ClusterNews::Kind::Degraded:
        log_.write(LogLevel::Warn,
                   "not followed; what was read of it before stays",
                   {{"resource", news.resource},
                    {"error", news.problem},
                    {"cure", role_that_cures(news.denied)}});
        break;
    case source::ClusterNews::Kind::Restarted:
        metrics_.add(Metric::WatchRestartsTotal, {news.resource, news.problem});
        break;
    case source::ClusterNews::Kind::Held:
        log_.write(LogLevel::Warn,
                   "held back; send SIGHUP to let them go",
                   {{"resource", news.resource}, {"reason", news.problem}});
        break;
    }
    note_states();
}

void ClusterInput::note_states() {
    std::string waiting_for;
    // With several namespaces a kind has a state for each of them.
    std::map<std::string_view, bool> synced;
    for (const source::KindState& state : cluster_.states()) {
        bool& whole = synced.try_emplace(state.kind, true).first->second;
        whole = whole && state.synced;
        if (state.synced) continue;
        waiting_for += waiting_for.empty() ? "" : ", ";
        waiting_for += state.resource;
    }
    std::vector<Metrics::Series> series;
    for (const auto& [kind, whole] : synced)
        series.push_back({{std::string(kind)}, whole ? 1.0 : 0.0});
    metrics_.replace(Metric::Synced, series);
    if (cluster_.ready()) {
        health_.pass(Check::Synced);
    } else {
        health_.fail(Check::Synced, "not listed yet: " + waiting_for);
    }
}

std::vector<source::KindState> ClusterInput::states() const {
    std::vector<source::KindState> states = cluster_.states();
    std::vector<source::KindState> more = cluster_.states_by_name();
    std::ranges::move(more, std::back_inserter(states));
    return states;
}

std::size_t ClusterInput::held() const {
    std::size_t count = cluster_.held();
    for (const auto& member : members_)
        count += member->cluster().held();
    return count;
}

std::optional<Input::Clock::time_point> ClusterInput::due() const {
    std::optional<Clock::time_point> next = credentials_.due();
    const auto consider = [&next](std::optional<Clock::time_point> at) {
        if (at && (!next || *at < *next)) next = at;
    };
    if (may_ask()) consider(cluster_.due());
    for (const auto& member : members_)
        consider(member->due());
    consider(reach_.due());
    consider(pairs_.due());
    consider(kept_members_.due());
    if (cluster_.ready()) consider(bundle_.due());
    if (cluster_.ready() && members_wanted() && Clock::now() < members_until_)
        consider(members_until_);
    return next;
}

bool ClusterInput::changed(Clock::time_point now) {
    if (credentials_.turn(now)) cluster_.turn(now);
    // Nobody waits for it, so what is served comes first.
    if (cluster_.ready()) bundle_.turn(now);
    pairs_.turn(now, cluster_);
    kept_members_.turn(now);
    bool is_changed = cluster_.take_changed();
    for (const auto& member : members_)
        is_changed = member->changed(now) || is_changed;
    if (!members_.empty())
        is_changed = reach_.turn(is_unreachable(cluster_.states()), now) || is_changed;
    note_waiting(now);
    return is_changed;
}

bool ClusterInput::ready() const {
    return cluster_.ready() && !members_wanted();
}

bool ClusterInput::waits_for(const MemberFeed& member) const {
    return !member.is_read() && !member.is_kept() && served_.contains(member.settings().name);
}

/// Whether one of them was never read and is worth waiting for: for a while any, and without end
/// one whose endpoints would vanish from what is served.
bool ClusterInput::members_wanted() const {
    const bool is_early = Clock::now() < members_until_;
    return std::ranges::any_of(members_, [&](const auto& member) {
        return waits_for(*member) || (is_early && !member->is_read());
    });
}

void ClusterInput::note_waiting(Clock::time_point now) {
    if (was_waiting_said_ || now < members_until_) return;
    for (const auto& member : members_) {
        if (!waits_for(*member)) continue;
        was_waiting_said_ = true;
        log_.write(LogLevel::Warn,
                   "changes wait for a cluster whose endpoints are served and that was not read "
                   "since the start; send SIGHUP to publish without it",
                   {{"cluster", member->settings().name}});
    }
}

std::shared_ptr<const api::Snapshot>
ClusterInput::with_members(std::shared_ptr<const api::Snapshot> home) {
    if (members_.empty()) return home;
    std::vector<api::MemberCluster> there;
    std::vector<MemberToKeep> to_keep;
    for (const auto& member : members_) {
        there.push_back(member->objects());
        if (there.back().is_read) {
            to_keep.push_back(
                {there.back().name, there.back().objects, member->is_kept()});
        }
        if (!member->is_read()) member->note_missing();
    }
    kept_members_.note(*home, std::move(to_keep), Clock::now());
    return api::join(*home,
                     {.name = settings_.cluster_name,
                      .weight = settings_.cluster_weight,
                      .members = std::move(there),
                      .is_lost = reach_.is_lost()});
}

base::Result<std::optional<Input::Reading>> ClusterInput::read(Absence absence,
                                                               diag::Diagnostics& diagnostics) {
    if (absence == Absence::Accepted) {
        cluster_.release();
        for (const auto& member : members_)
            member->cluster().release();
        is_accepted_ = !members_.empty();
        // At the start a signal is no word about clusters that are just being read.
        if (Clock::now() >= members_until_) {
            served_.clear();
            for (const auto& member : members_)
                member->keep(nullptr);
        }
    }
    std::shared_ptr<const api::Snapshot> snapshot = cluster_.snapshot();
    const std::vector<diag::ObjectRef> needed =
        analysis::needed_by_name(*snapshot, settings_.translate.build.selection);
    const bool asks = cluster_.follow({needed.begin(), needed.end()});
    if (!ready()) {
        if (may_ask()) cluster_.turn(Clock::now());
        return std::optional<Reading>();
    }
    cluster_.take_changed();
    for (const auto& member : members_)
        member->cluster().take_changed();
    diagnostics.append(cluster_.refused());
    for (const auto& member : members_)
        diagnostics.append(member->refused());
    note_states();
    // What is followed no more is not in the snapshot either.
    if (asks) snapshot = cluster_.snapshot();
    const bool accepted = std::exchange(is_accepted_, false) || absence == Absence::Accepted;
    std::string lacks = note_lost(*snapshot, accepted);
    return std::optional(Reading{.snapshot = with_members(std::move(snapshot)),
                                 .deletions_witnessed = true,
                                 .lacks = std::move(lacks),
                                 .absence_accepted = accepted,
                                 .held = held()});
}

/// What is served was made of kinds that this agent may not read; a clause.
std::string ClusterInput::note_lost(const api::Snapshot& home, bool accepted) {
    const Followed followed{cluster_.states(), cluster_.states_by_name()};
    const Resources lost =
        accepted ? Resources() : lost_resources(resources_, followed);
    resources_read_ = resources_with_objects(home, followed);
    resources_read_.insert(lost.begin(), lost.end());
    if (accepted) resources_ = resources_read_;
    if (lost.empty()) return {};
    return fmt::format("{} may not be read any more, and what is served was made with it",
                       base::join(std::vector(lost.begin(), lost.end()), ", "));
}

void ClusterInput::published(bool failed, bool held) {
    if (failed || held) return;
    resources_ = resources_read_;
    kept_kinds_.keep(resources_);
}

}  // namespace gatefile::agent
