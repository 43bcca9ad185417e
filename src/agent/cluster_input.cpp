// SPDX-License-Identifier: Apache-2.0
#include "cluster_input.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "gatefile/analysis/roles.hpp"

namespace gatefile::agent {

ClusterInput::ClusterInput(const AgentSettings& settings,
                           std::optional<std::string> state_directory,
                           source::Access access,
                           http::Client& client,
                           const Log& log,
                           Metrics& metrics,
                           Health& health)
    : settings_(settings), log_(log), metrics_(metrics), health_(health),
      access_(std::move(access)),
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
      pairs_(std::move(state_directory), log),
      cluster_({.namespaces = settings.watch_namespaces,
                .poll = settings.poll,
                .good_pairs = pairs_.read()},
               server_,
               [this](const source::ClusterNews& news) { tell(news); }) {}

void ClusterInput::tell(const source::ClusterNews& news) {
    switch (news.kind) {
    case source::ClusterNews::Kind::Synced:
        log_.write(LogLevel::Debug, "synced", {{"resource", news.resource}});
        break;
    case source::ClusterNews::Kind::Degraded: {
        std::string cure;
        if (news.denied) {
            const source::Action& denied = *news.denied;
            cure = analysis::role_for(
                denied.verb, denied.group, denied.resource, denied.ns, denied.name);
        }
        log_.write(LogLevel::Warn,
                   "not followed; what was read of it before stays",
                   {{"resource", news.resource}, {"error", news.problem}, {"cure", cure}});
        break;
    }
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
    std::vector<Metrics::Series> synced;
    for (const source::KindState& state : cluster_.states()) {
        synced.push_back({{std::string(state.kind)}, state.synced ? 1.0 : 0.0});
        if (state.synced) continue;
        waiting_for += waiting_for.empty() ? "" : ", ";
        waiting_for += state.kind;
    }
    metrics_.replace(Metric::Synced, synced);
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

std::optional<ClusterInput::Clock::time_point> ClusterInput::due() const {
    const auto at = cluster_.due();
    const auto pairs_at = pairs_.due();
    if (!at || !pairs_at) return at ? at : pairs_at;
    return std::min(*at, *pairs_at);
}

bool ClusterInput::changed(Clock::time_point now) {
    cluster_.turn(now);
    pairs_.turn(now, cluster_);
    return cluster_.take_changed();
}

base::Result<std::optional<Input::Reading>> ClusterInput::read(Absence absence,
                                                               diag::Diagnostics& diagnostics) {
    const bool accepted = absence == Absence::Accepted;
    if (accepted) cluster_.release();
    std::shared_ptr<const api::Snapshot> snapshot = cluster_.snapshot();
    const std::vector<diag::ObjectRef> needed =
        analysis::needed_by_name(*snapshot, settings_.translate.build.selection);
    const bool asks = cluster_.follow({needed.begin(), needed.end()});
    if (!cluster_.ready()) {
        cluster_.turn(Clock::now());
        return std::optional<Reading>();
    }
    cluster_.take_changed();
    diagnostics.append(cluster_.refused());
    note_states();
    // What is followed no more is not in the snapshot either.
    if (asks) snapshot = cluster_.snapshot();
    return std::optional(Reading{.snapshot = std::move(snapshot),
                                 .deletions_witnessed = true,
                                 .absence_accepted = accepted,
                                 .held = cluster_.held()});
}

void ClusterInput::published(bool, bool) {}

}  // namespace gatefile::agent
