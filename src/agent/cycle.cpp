// SPDX-License-Identifier: Apache-2.0
#include "cycle.hpp"

#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/diag/print.hpp"
#include "gatefile/tree/write.hpp"

namespace gatefile::agent {

namespace {

LogLevel level_of(diag::Severity severity) {
    switch (severity) {
    case diag::Severity::Error:
        return LogLevel::Error;
    case diag::Severity::Warning:
        return LogLevel::Warn;
    case diag::Severity::Note:
        return LogLevel::Info;
    }
    return LogLevel::Error;
}

base::Timestamp now() {
    return {std::chrono::duration_cast<std::chrono::seconds>(
                std::chrono::system_clock::now().time_since_epoch())
                .count()};
}

}  // namespace

Cycle::Cycle(const AgentSettings& settings, publish::Output output, const Log& log)
    : settings_(settings), output_(std::move(output)), log_(log), follower_(settings.manifests) {}

void Cycle::say(const diag::Diagnostics& diagnostics) {
    std::string text = diag::print_text(diagnostics);
    if (text == said_) return;
    said_ = std::move(text);
    for (const diag::Diagnostic& item : diagnostics.items()) {
        const diag::CodeInfo& code = diag::info(item.code);
        std::string where;
        if (item.at)
            where = fmt::format("{}:{}:{}", item.at->source, item.at->line, item.at->column);
        log_.write(level_of(code.severity),
                   item.hint.empty() ? item.detail : item.detail + "; " + item.hint,
                   {{"code", std::string(code.name)},
                    {"object", item.object.text()},
                    {"field", item.path.text()},
                    {"at", where}});
    }
}

void Cycle::write_status(const Translation& translation) const {
    if (!settings_.status_file) return;
    tree::Arena arena;
    const std::string text =
        tree::write_yaml(status::encode(translation.report, now(), arena), tree::Templates::Plain);
    if (auto written = publish::replace_file(*settings_.status_file, text); !written) {
        log_.write(LogLevel::Warn, "status not written", {{"error", written.error().text}});
    }
}

CycleOutcome Cycle::run(Absence absence) {
    CycleOutcome outcome;
    diag::Diagnostics found;
    if (absence == Absence::Accepted) follower_.accept_absence();
    auto reading = follower_.read(found);
    if (!reading) {
        log_.write(LogLevel::Error, "manifests not read", {{"error", reading.error().text}});
        outcome.failed = true;
        return outcome;
    }
    Settings settings = settings_.translate;
    settings.now = now();
    auto translation = translate(reading->snapshot, settings, std::move(found));
    if (!translation) {
        log_.write(LogLevel::Error, "not translated", {{"error", translation.error().text}});
        outcome.failed = true;
        return outcome;
    }
    say(translation->diagnostics);

    // What went before the start nobody saw: the first publication that is not held settles it.
    const bool believed =
        (settled_ || absence == Absence::Accepted) && reading->deletions_witnessed;
    auto report = output_.publish(translation->files, believed);
    if (!report) {
        log_.write(LogLevel::Error,
                   "not published; the last good files stay",
                   {{"error", report.error().text}});
        outcome.failed = true;
        return outcome;
    }
    settled_ = settled_ || !report->held;
    outcome.waiting = report->held || !reading->deletions_witnessed;
    outcome.published = report->changed;
    outcome.generation = translation->files.generation;
    if (report->held) {
        log_.write(LogLevel::Warn,
                   "publication held: much of what is served is missing and was not seen to go",
                   {{"reason", report->held_reason}, {"force", "send SIGHUP"}});
    } else if (report->changed) {
        log_.write(LogLevel::Info,
                   "published",
                   {{"generation", outcome.generation.substr(0, 12)},
                    {"rules", std::to_string(translation->files.weight)}});
        write_status(*translation);
    }
    return outcome;
}

}  // namespace gatefile::agent
