// SPDX-License-Identifier: Apache-2.0
#include "operations.hpp"

#include <map>
#include <utility>

#include <fmt/format.h>

#include "gatefile/agent/control.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/traefik/encode.hpp"
#include "gatefile/tree/read.hpp"
#include "gatefile/tree/write.hpp"
#include "situation_json.hpp"

namespace gatefile::agent {

namespace {

using namespace std::chrono_literals;

constexpr auto look_every = 2s;

/// {"result": "..."} or {"error": "..."}
ControlReply reply(unsigned status, std::string_view key, std::string_view text) {
    tree::Arena arena;
    const tree::Entry entry{key, {}, tree::Node::string(arena.copy(text))};
    const std::vector<tree::Entry> entries{entry};
    return {status,
            tree::write_json(tree::Node::map(arena.copy(entries)), tree::JsonStyle::Compact)};
}

ControlReply refused(unsigned status, std::string_view why) {
    return reply(status, "error", why);
}

/// A string of the body; empty where there is none.
std::string field(const ControlRequest& request, std::string_view key) {
    const auto document = tree::read_json(request.body);
    const tree::Node* found =
        document && document->root.is_map() ? document->root.find(key) : nullptr;
    return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}

}  // namespace

Operations::Operations(const AgentSettings& settings,
                       Cycle& cycle,
                       Keeper& keeper,
                       const Log& log,
                       Metrics& metrics,
                       Loop loop)
    : settings_(settings), cycle_(cycle), keeper_(keeper), log_(log), metrics_(metrics),
      loop_(std::move(loop)) {}

base::Result<void> Operations::open() {
    if (!settings_.control) return {};
    auto opened = Control::open(*settings_.control);
    if (!opened && *settings_.control == default_control_path(settings_.out.directory)) {
        // Nobody asked for it: a file system without sockets must not keep traffic from being
        // served.
        log_.write(LogLevel::Warn, "no control socket", {{"error", opened.error().text}});
        return {};
    }
    if (!opened) return opened.error();
    control_.emplace(std::move(*opened));
    return {};
}

void Operations::serve() {
    if (!control_) return;
    control_->serve([this](const ControlRequest& request) { return answer(request); });
}

void Operations::turn(Clock::time_point now) {
    if (!look_at_ || *look_at_ > now) return;
    look_at_ = now + look_every;
    look(loop_.situation());
}

std::vector<Problem> Operations::look(const Situation& situation) {
    std::vector<Problem> problems = problems_of(situation);
    times_.note(problems, situation.now);
    std::map<std::pair<std::string_view, std::string_view>, double> counts;
    for (const Problem& problem : problems)
        counts[{who_name(problem.who), problem.code}] += 1;
    std::vector<Metrics::Series> series;
    for (const auto& [key, count] : counts)
        series.push_back({{std::string(key.first), std::string(key.second)}, count});
    metrics_.replace(Metric::Problems, series);
    return problems;
}

ControlReply Operations::answer(const ControlRequest& request) {
    if (request.path == "/v1/status") {
        if (request.method != "GET") return refused(405, "GET is wanted");
        return status();
    }
    const bool known = request.path == "/v1/pause" || request.path == "/v1/resume" ||
                       request.path == "/v1/rollback" || request.path == "/v1/release";
    if (!known) return refused(404, "this agent knows no " + request.path);
    if (request.method != "POST") return refused(405, "POST is wanted");
    if (request.path == "/v1/pause") return pause(request);
    if (request.path == "/v1/rollback") return roll_back(request);
    if (request.path == "/v1/release") return release();
    return resume();
}

ControlReply Operations::status() {
    Situation situation = loop_.situation();
    const auto told = loop_.told();
    if (told) situation.report = &*told;
    return {200, situation_json(situation, look(situation))};
}

ControlReply Operations::pause(const ControlRequest& request) {
    Hold hold{.since = base::wall_clock(), .reason = tidy_reason(field(request, "reason"))};
    // Pausing again changes the reason and nothing else.
    if (const auto& before = keeper_.hold()) {
        hold.since = before->since;
        hold.rolled_back_to = before->rolled_back_to;
    }
    if (auto kept = keeper_.pause(hold); !kept) return refused(500, kept.error().text);
    loop_.turn(Absence::NeedsEvidence);
    return held(hold);
}

ControlReply Operations::roll_back(const ControlRequest& request) {
    const std::string wanted = field(request, "to");
    const auto& all = keeper_.history().list();
    const publish::Generation* found = publish::find_generation(all, wanted);
    if (found == nullptr) {
        return refused(404,
                       fmt::format("no generation {} is kept; see `gatefile history`",
                                   base::quote_for_message(wanted)));
    }
    if (!settings_.stores.empty()) {
        return refused(409,
                       "what is kept is for the directory, and --publish has a store as well: put "
                       "the objects back, or `gatefile pause` before they change");
    }
    const std::string_view file = traefik::file_name(settings_.translate.render.format);
    if (found->files.size() != 1 || found->files.front().name != file)
        return refused(409, "it was published in another format (--to) than the one wanted now");
    const publish::Generation generation = *found;
    auto files = keeper_.history().read(generation);
    if (!files) return refused(409, files.error().text);
    // Held first: a change that comes in between must not undo it.
    const std::optional<Hold> before = keeper_.hold();
    const Hold hold{.since = base::wall_clock(),
                    .reason = tidy_reason(field(request, "reason")),
                    .rolled_back_to = {{generation.number, generation.id}}};
    if (auto kept = keeper_.pause(hold); !kept) return refused(500, kept.error().text);
    if (auto done = cycle_.put_back(generation, std::move(*files)); !done) {
        const auto undone = before ? keeper_.pause(*before) : keeper_.resume();
        std::string error = done.error().text;
        if (!undone) error += "; " + undone.error().text;
        // Some of it may be out already.
        loop_.turn(Absence::NeedsEvidence);
        return refused(500, error);
    }
    loop_.published(generation.id);
    loop_.turn(Absence::NeedsEvidence);
    return held(hold);
}

ControlReply Operations::held(const Hold& hold) const {
    std::string text = describe(hold);
    const auto& waiting = keeper_.waiting();
    if (waiting && !waiting->stale.empty()) text += "; " + stale_note(*waiting);
    return reply(200, "result", text);
}

ControlReply Operations::resume() {
    if (!keeper_.hold()) return reply(200, "result", "nothing was paused");
    if (auto done = keeper_.resume(); !done) return refused(500, done.error().text);
    loop_.turn(Absence::NeedsEvidence);
    return reply(200, "result", "publishing goes on");
}

ControlReply Operations::release() {
    log_.write(LogLevel::Info, "released: what was held back goes");
    loop_.turn(Absence::Accepted);
    return reply(200,
                 "result",
                 keeper_.hold() ? "what was held back goes when publishing is resumed"
                                : "what was held back goes");
}

}  // namespace gatefile::agent
