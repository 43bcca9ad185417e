// SPDX-License-Identifier: Apache-2.0
#include "member_feed.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "gatefile/base/strings.hpp"
#include "problems.hpp"

namespace gatefile::agent {

MemberFeed::MemberFeed(const MemberSettings& settings,
                       const AgentSettings& agent,
                       source::Access access,
                       http::Client& client,
                       const Log& log,
                       Metrics& metrics)
    : settings_(settings), log_(log), metrics_(metrics), access_(std::move(access)),
      credentials_(access_, settings.name, log),
      server_(client,
              access_,
              {.ended =
                   [this](const source::Action& action, int status) {
                       metrics_.add(Metric::ClusterApiRequestsTotal,
                                    {settings_.name, action.resource, std::to_string(status)});
                   },
               .warned =
                   [this](const std::string& text) {
                       log_.write(LogLevel::Warn,
                                  "the API server warns",
                                  {{"cluster", settings_.name}, {"warning", text}});
                   }}),
      cluster_({.namespaces = agent.watch_namespaces,
                .poll = agent.poll,
                .kinds = {source::member_kinds.begin(), source::member_kinds.end()}},
               server_,
               [this](const source::ClusterNews& news) { tell(news); }) {
    note_state();
}

void MemberFeed::tell(const source::ClusterNews& news) {
    switch (news.kind) {
    case source::ClusterNews::Kind::Synced:
        log_.write(LogLevel::Debug,
                   "synced",
                   {{"cluster", settings_.name}, {"resource", news.resource}});
        break;
    case source::ClusterNews::Kind::Degraded:
        log_.write(LogLevel::Warn,
                   "not followed; what was read of it before stays",
                   {{"cluster", settings_.name},
                    {"resource", news.resource},
                    {"error", news.problem},
                    {"cure", role_that_cures(news.denied)}});
        break;
    case source::ClusterNews::Kind::Restarted:
        metrics_.add(Metric::ClusterWatchRestartsTotal,
                     {settings_.name, news.resource, news.problem});
        break;
    case source::ClusterNews::Kind::Held:
        log_.write(LogLevel::Warn,
                   "held back; send SIGHUP to let them go",
                   {{"cluster", settings_.name},
                    {"resource", news.resource},
                    {"reason", news.problem}});
        break;
    }
    note_state();
}

void MemberFeed::note_state() {
    const std::vector<source::KindState> states = cluster_.states();
    const bool answers = !is_unreachable(states) &&
                         std::ranges::any_of(states, [](const source::KindState& kind) {
                             return kind.synced || kind.fault != source::KindState::Fault::None;
                         });
    metrics_.set(Metric::ClusterSynced, {settings_.name}, is_read() ? 1 : 0);
    metrics_.set(Metric::ClusterReachable, {settings_.name}, answers ? 1 : 0);
    if (!is_read() || !std::exchange(is_missing_, false)) return;
    log_.write(LogLevel::Info, "the cluster is there", {{"cluster", settings_.name}});
}

bool MemberFeed::changed(Clock::time_point now) {
    if (!credentials_.turn(now)) return false;
    cluster_.turn(now);
    const bool is_new = is_read() && !std::exchange(was_read_, true);
    if (is_new) kept_.reset();
    const bool is_elsewhere = reach_.turn(is_unreachable(cluster_.states()), now);
    return cluster_.take_changed() || is_new || (is_elsewhere && was_read_);
}

std::optional<MemberFeed::Clock::time_point> MemberFeed::due() const {
    auto next = credentials_.due();
    if (!credentials_.are_there()) return next;
    for (const auto& at : {cluster_.due(), reach_.due()})
        if (at && (!next || *at < *next)) next = at;
    return next;
}

api::MemberCluster MemberFeed::objects() const {
    // Since the start nothing has spoken for what is kept.
    api::MemberCluster member{.name = settings_.name,
                              .weight = settings_.weight,
                              .objects = {},
                              .is_lost = is_kept() || reach_.is_lost()};
    member.objects = is_read() ? cluster_.snapshot() : kept_;
    member.is_read = member.objects != nullptr;
    if (!member.is_read) member.objects = std::make_shared<const api::Snapshot>();
    return member;
}

diag::Diagnostics MemberFeed::refused() const {
    return found_in(cluster_.refused(), settings_.name);
}

void MemberFeed::note_missing() {
    if (std::exchange(is_missing_, true)) return;
    note_state();
    const std::string& fault = credentials_.fault();
    std::string why = fault.empty() ? "it has not answered yet" : fault;
    for (const source::KindState& kind : cluster_.states()) {
        if (!kind.problem.empty()) why = kind.problem;
    }
    log_.write(LogLevel::Warn,
               is_kept() ? "published with the endpoints that a cluster had when it was last read"
                         : "published without a cluster that was never read",
               {{"cluster", settings_.name}, {"error", why}});
}

diag::Diagnostics found_in(const diag::Diagnostics& found, std::string_view cluster) {
    diag::Diagnostics told;
    for (diag::Diagnostic one : found.items()) {
        one.detail += " in cluster " + base::quote_for_message(cluster);
        told.add(std::move(one));
    }
    return told;
}

bool is_unreachable(const std::vector<source::KindState>& kinds) {
    using Fault = source::KindState::Fault;
    const auto count = std::ranges::count(kinds, Fault::Failing, &source::KindState::fault);
    return count > 0 && static_cast<std::size_t>(count) * 2 > kinds.size();
}

}  // namespace gatefile::agent
