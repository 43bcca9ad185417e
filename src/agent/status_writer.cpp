// SPDX-License-Identifier: Apache-2.0
#include "status_writer.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "gatefile/tree/read.hpp"
#include "ownership.hpp"
#include "problems.hpp"

namespace gatefile::agent {

namespace {

/// Status writes under way at a time: a cold cluster of thousands of routes is told within seconds
/// and other users of the API server do not feel it.
constexpr std::size_t most_running = 8;

}  // namespace

StatusWriter::StatusWriter(const AgentSettings& settings,
                           source::Cluster& cluster,
                           source::ApiServer& server,
                           const Log& log,
                           Metrics& metrics)
    : settings_(settings), cluster_(cluster), server_(server), log_(log), metrics_(metrics),
      random_(std::random_device{}()) {}

StatusWriter::~StatusWriter() {
    for (const auto& [object, id] : running_)
        server_.cancel(id);
}

void StatusWriter::want(std::shared_ptr<const status::Report> report, status::OwnsGateway owns) {
    owns_ = std::move(owns);
    // Both are in a report's order: what is in one only, or differs, is looked at.
    const auto precedes = [](const auto& a, const auto& b) {
        return status::place_of(a->object) < status::place_of(b->object);
    };
    auto before = wanted_->objects.begin();
    auto now = report->objects.begin();
    while (before != wanted_->objects.end() || now != report->objects.end()) {
        const bool goes = now == report->objects.end() ||
                          (before != wanted_->objects.end() && precedes(before, now));
        const bool comes = !goes && (before == wanted_->objects.end() || precedes(now, before));
        if (goes) {
            queue_.insert((before++)->object);
        } else if (comes) {
            queue_.insert((now++)->object);
        } else {
            if (!status::same(*before, *now)) queue_.insert(now->object);
            ++before;
            ++now;
        }
    }
    wanted_ = std::move(report);
    if (std::exchange(first_, false)) look_at_everything();
}

const status::ObjectStatus* StatusWriter::find_wanted(const diag::ObjectRef& object) const {
    const auto& all = wanted_->objects;
    const auto found = std::ranges::lower_bound(
        all, status::place_of(object), {}, [](const status::ObjectStatus& status) {
            return status::place_of(status.object);
        });
    return found != all.end() && found->object == object ? &*found : nullptr;
}

/// Also at objects that we told something in an earlier life and serve no more.
void StatusWriter::look_at_everything() {
    for (const status::ObjectStatus& wanted : wanted_->objects)
        queue_.insert(wanted.object);
    for (const diag::ObjectRef& object :
         cluster_.told_by(settings_.translate.build.selection.controller_name))
        queue_.insert(object);
}

void StatusWriter::touched(const std::vector<diag::ObjectRef>& objects) {
    if (first_) return;
    queue_.insert(objects.begin(), objects.end());
}

void StatusWriter::lead(bool leads) {
    if (leads == leads_) return;
    leads_ = leads;
    metrics_.set(Metric::Leader, {}, leads ? 1 : 0);
    if (leads && !first_) look_at_everything();
}

std::optional<StatusWriter::Clock::time_point> StatusWriter::due() const {
    if (!leads_) return std::nullopt;
    if (!queue_.empty() && running_.size() < most_running) return retries_.quiet_until();
    return retries_.due();
}

void StatusWriter::turn(Clock::time_point now) {
    if (!leads_) {
        queue_.clear();
        retries_ = {};
        return;
    }
    if (now < retries_.quiet_until()) return;
    queue_.merge(retries_.take(now));
    std::set<diag::ObjectRef> later;
    while (!queue_.empty() && running_.size() < most_running) {
        const diag::ObjectRef object = queue_.extract(queue_.begin()).value();
        if (running_.contains(object)) {
            later.insert(object);
        } else {
            write(object);
        }
    }
    // Looked at again when the write that is under way has been answered.
    for (const diag::ObjectRef& object : later)
        again_.insert(object);
}

void StatusWriter::write(const diag::ObjectRef& object) {
    if (retries_.waits(object)) return;
    auto call = plan(object);
    if (!call) {
        queue_.merge(retries_.done(object));
        return;
    }
    running_[object] =
        server_.call(*std::move(call), [this, object](const source::ApiAnswer& answer) {
            running_.erase(object);
            written(object, answer);
        });
}

/// Nothing when the object says already what it is to say.
std::optional<source::ApiCall> StatusWriter::plan(const diag::ObjectRef& object) const {
    const source::Live* live = cluster_.live(object);
    if (live == nullptr) return std::nullopt;
    const status::ObjectStatus nothing{.object = object};
    const status::ObjectStatus* found = find_wanted(object);
    const status::ObjectStatus& wanted = found == nullptr ? nothing : *found;

    base::Result<tree::Document> document =
        tree::read_json(live->status.empty() ? "null" : live->status);
    if (!document) return std::nullopt;
    const status::Held held{.resource_version = live->resource_version, .status = document->root};
    const Scope scope{settings_.translate.build.selection, settings_.watch_namespaces};
    const bool is_shared = object.kind == "GatewayClass" && !scope.has_whole_classes();
    auto plan = status::plan_write(is_shared ? status::beside_others(wanted, held) : wanted,
                                   held,
                                   settings_.translate.build.selection.controller_name,
                                   base::wall_clock(),
                                   owns_);
    if (!plan) return std::nullopt;
    source::ApiCall call = source::status_call(object, wanted.api_version);
    call.path += "?" + plan->query;
    call.content_type = std::move(plan->content_type);
    call.body = std::move(plan->body);
    return call;
}

void StatusWriter::written(const diag::ObjectRef& object, const source::ApiAnswer& answer) {
    if (again_.erase(object) > 0) queue_.insert(object);
    const double random =
        std::generate_canonical<double, std::numeric_limits<double>::digits>(random_);
    queue_.merge(retries_.answered(object, answer, Clock::now(), random));
    if (answer.ok()) {
        metrics_.add(Metric::StatusWritesTotal, {object.kind, "written"});
        if (const auto document = tree::read_json(answer.body)) {
            cluster_.note_live(object, document->root);
        }
        return;
    }
    if (answer.status == 404) return;
    const bool conflict = answer.status == 409;
    metrics_.add(Metric::StatusWritesTotal, {object.kind, conflict ? "conflict" : "failed"});
    if (!conflict) complain(object, answer);
}

void StatusWriter::complain(const diag::ObjectRef& object, const source::ApiAnswer& answer) {
    if (!complaints_.insert(answer.problem).second || complaints_.size() > 1000) return;
    source::Action action = source::status_call(object, {}).action;
    action.name.clear();
    log_.write(LogLevel::Warn,
               "status not written",
               {{"object", object.text()},
                {"error", answer.problem},
                {"cure", role_that_cures(answer, action)}});
}

}  // namespace gatefile::agent
