// SPDX-License-Identifier: Apache-2.0
#include "gatefile/agent/cleanup.hpp"

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "cluster_removal.hpp"
#include "gatefile/publish/removal.hpp"

namespace gatefile::agent {

namespace {

using namespace std::chrono_literals;

/// Conflicts are read and planned again. What comes back even then somebody writes.
constexpr int most_rounds = 3;
/// An agent without Lease writes again within this time.
constexpr auto pause = 500ms;

void tell(publish::RemovalReport done, CleanupReport& report) {
    for (std::string& path : done.removed)
        report.removed.push_back("file " + std::move(path));
    for (const auto& left : done.left)
        report.left.push_back(fmt::format("file {}: {}", left.path, left.why));
}

base::Result<void> clean_directories(const CleanupSettings& settings,
                                     bool plan_only,
                                     CleanupReport& report) {
    for (const std::string& directory : settings.directories) {
        auto done = publish::remove_published({directory, plan_only, settings.force});
        if (!done) return done.error();
        tell(std::move(*done), report);
    }
    if (settings.state_directory.empty()) return {};
    auto done = publish::remove_state({settings.state_directory, plan_only, settings.force});
    if (!done) return done.error();
    tell(std::move(*done), report);
    return {};
}

/// Until nothing of ours is found any more but what was refused.
base::Result<void> clean_cluster(ClusterRemoval& cluster, CleanupReport& report) {
    std::set<std::string> refused;
    for (int round = 0;; ++round) {
        const auto plan = cluster.plan(report.left);
        if (!plan) return plan.error();
        bool has_news = false;
        for (const ClusterRemoval::Step& step : *plan) {
            if (refused.contains(step.what)) continue;
            has_news = true;
            if (round == most_rounds) {
                report.left.push_back(step.what + ": it comes back; an agent seems to run");
                continue;
            }
            const std::string problem = cluster.carry_out(step);
            if (problem.empty()) {
                report.removed.push_back(step.what);
            } else if (problem != ClusterRemoval::try_again) {
                refused.insert(step.what);
                report.left.push_back(fmt::format("{}: {}", step.what, problem));
            }
        }
        if (!has_news || round == most_rounds) return {};
        std::this_thread::sleep_for(pause);
    }
}

}  // namespace

base::Result<CleanupReport> clean_up(const CleanupSettings& settings) {
    CleanupReport planned;
    CleanupReport report;
    // Who is asked first may refuse, so everybody is asked before anything goes.
    if (auto asked = clean_directories(settings, true, planned); !asked) return asked.error();
    std::optional<ClusterRemoval> cluster;
    if (settings.cluster) {
        auto opened = ClusterRemoval::open(settings);
        if (!opened) return opened.error();
        cluster = std::move(*opened);
        if (auto alone = cluster->refuse_living_agents(); !alone) return alone.error();
        const auto unknown = cluster->why_unknown();
        if (!unknown) return unknown.error();
        if (!unknown->empty()) {
            planned.left.push_back(*unknown);
            report.left.push_back(*unknown);
        }
        const auto plan = cluster->plan(planned.left);
        if (!plan) return plan.error();
        for (const ClusterRemoval::Step& step : *plan)
            planned.removed.push_back(step.what);
    }
    if (settings.plan_only) return planned;
    if (cluster) {
        if (auto done = clean_cluster(*cluster, report); !done) return done.error();
    }
    if (auto done = clean_directories(settings, false, report); !done) return done.error();
    return report;
}

}  // namespace gatefile::agent
