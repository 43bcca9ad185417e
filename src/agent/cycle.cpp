// SPDX-License-Identifier: Apache-2.0
#include "cycle.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/diag/print.hpp"
#include "gatefile/tree/write.hpp"

namespace gatefile::agent {

namespace {

using Clock = std::chrono::steady_clock;

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

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

std::multimap<std::string, std::pair<diag::ObjectRef, std::string>>
listeners_by_entry_point(const graph::Graph& graph) {
    std::multimap<std::string, std::pair<diag::ObjectRef, std::string>> found;
    for (const graph::Gateway& gateway : graph.gateways) {
        for (const graph::Listener& listener : gateway.listeners) {
            if (!listener.serves) continue;
            found.emplace(listener.entry_point,
                          std::pair(graph::owner_of(gateway, listener), listener.spec->name));
        }
    }
    return found;
}

/// A Gateway that is not there any more was ours if we serve every one of our controller.
status::OwnsGateway ownership(std::shared_ptr<const api::Snapshot> snapshot,
                              const graph::Selection& selection) {
    return [snapshot = std::move(snapshot),
            &selection](std::string_view kind, std::string_view ns, std::string_view name) {
        const bool is_set = kind == "ListenerSet";
        const api::ListenerSet* set = is_set ? snapshot->find_listener_set(ns, name) : nullptr;
        if (set != nullptr) {
            ns = set->parent_ref.ns ? *set->parent_ref.ns : set->meta.ns;
            name = set->parent_ref.name;
        }
        const api::Gateway* gateway =
            is_set && set == nullptr ? nullptr : snapshot->find_gateway(ns, name);
        if (gateway != nullptr) return graph::is_selected(*snapshot, selection, *gateway);
        const api::LabelSelector& labels = selection.gateway_selector;
        return selection.gateway_classes.empty() && labels.match_labels.empty() &&
               labels.match_expressions.empty();
    };
}

}  // namespace

Cycle::Cycle(const AgentSettings& settings,
             publish::Output output,
             Input& input,
             const Log& log,
             Metrics& metrics)
    : settings_(settings), output_(std::move(output)), input_(input), log_(log), metrics_(metrics) {
}

void Cycle::say(const diag::Diagnostics& diagnostics) {
    std::string text = diag::print_text(diagnostics);
    if (text == said_) return;
    said_ = std::move(text);
    std::map<std::pair<std::string_view, std::string_view>, double> counts;
    for (const diag::Diagnostic& item : diagnostics.items()) {
        const diag::CodeInfo& code = diag::info(item.code);
        counts[{diag::severity_name(code.severity), code.name}] += 1;
        std::string where;
        if (item.at)
            where = fmt::format("{}:{}:{}", item.at->source, item.at->line, item.at->column);
        // A cluster has many objects that are none of ours.
        const bool quiet = settings_.cluster && code.severity == diag::Severity::Note;
        log_.write(quiet ? LogLevel::Debug : level_of(code.severity),
                   item.hint.empty() ? item.detail : item.detail + "; " + item.hint,
                   {{"code", std::string(code.name)},
                    {"object", item.object.text()},
                    {"field", item.path.text()},
                    {"at", where}});
    }
    std::vector<Metrics::Series> series;
    for (const auto& [key, value] : counts)
        series.push_back({{std::string(key.first), std::string(key.second)}, value});
    metrics_.replace(Metric::Diagnostics, series);
}

void Cycle::count(const Translation& translation) {
    std::vector<Metrics::Series> objects;
    api::for_each_kind(
        *translation.graph.snapshot, [&objects](std::string_view kind, const auto& of_kind) {
            objects.push_back({{std::string(kind)}, static_cast<double>(of_kind.size())});
        });
    metrics_.replace(Metric::Objects, objects);
    double all = 0;
    double accepted = 0;
    const auto count_routes = [&](const auto& routes) {
        all += static_cast<double>(routes.size());
        for (const auto& route : routes) {
            const auto is_accepted = [](const graph::Parent& parent) { return parent.accepted; };
            if (std::ranges::any_of(route.parents, is_accepted)) accepted += 1;
        }
    };
    const graph::Graph& graph = translation.graph;
    count_routes(graph.routes);
    count_routes(graph.tls_routes);
    count_routes(graph.tcp_routes);
    count_routes(graph.udp_routes);
    metrics_.set(Metric::Routes, {"accepted"}, accepted);
    metrics_.set(Metric::Routes, {"refused"}, all - accepted);
}

void Cycle::write_status(const status::Report& report) const {
    if (!settings_.status_file) return;
    tree::Arena arena;
    const std::string text =
        tree::write_yaml(status::encode(report, base::wall_clock(), arena), tree::Templates::Plain);
    if (auto written = publish::replace_file(*settings_.status_file, text); !written) {
        log_.write(LogLevel::Warn, "status not written", {{"error", written.error().text}});
    }
}

CycleOutcome Cycle::run(Absence absence) {
    CycleOutcome outcome;
    const auto fail = [this, &outcome](std::string_view what, const base::Error& error) {
        log_.write(LogLevel::Error, what, {{"error", error.text}});
        outcome.failed = true;
        outcome.failure = error.text;
        metrics_.add(Metric::PublishTotal, {"failed"});
        input_.published(true, false);
    };
    diag::Diagnostics found;
    auto reading = input_.read(absence, found);
    if (!reading) {
        fail("objects not read", reading.error());
        return outcome;
    }
    if (!*reading) {
        outcome.waiting_for_input = true;
        return outcome;
    }
    const Input::Reading& read = **reading;
    Settings settings = settings_.translate;
    settings.now = base::wall_clock();
    if (settings_.listen && settings_.page) outcome.shown = {read.snapshot, found, {}};
    const auto start = Clock::now();
    auto translation = translate(read.snapshot, settings, std::move(found));
    metrics_.observe(Metric::TranslateDuration, seconds_since(start));
    if (!translation) {
        fail("not translated", translation.error());
        return outcome;
    }
    outcome.shown.generation = translation->files.generation;
    say(translation->diagnostics);
    count(*translation);
    count_certificate_times(translation->graph, metrics_);
    outcome.listeners = listeners_by_entry_point(translation->graph);
    if (settings_.gateway_services) {
        outcome.objects =
            analysis::plan_gateway_services(translation->graph, *settings_.gateway_services);
    }
    outcome.owns = ownership(read.snapshot, settings_.translate.build.selection);

    // What went before the start nobody saw: the first publication that is not held settles it.
    const bool believed = (settled_ || read.absence_accepted) && read.deletions_witnessed;
    const auto publishing = Clock::now();
    auto report = output_.publish(translation->files, believed);
    if (!report) {
        fail("not published; the last good files stay", report.error());
        outcome.report = std::move(translation->report);
        return outcome;
    }
    metrics_.observe(Metric::PublishDuration, seconds_since(publishing));
    settled_ = settled_ || !report->held;
    outcome.held = report->held;
    outcome.changed = report->changed;
    outcome.generation = translation->files.generation;
    note_held(read.held, *report);
    if (report->changed) note_published(*translation);
    if (!report->held) {
        metrics_.set(
            Metric::PublishLastSuccess, {}, static_cast<double>(base::wall_clock().seconds));
        if (report->changed) write_status(translation->report);
        outcome.report = std::move(translation->report);
    }
    input_.published(false, report->held);
    return outcome;
}

void Cycle::note_published(const Translation& translation) {
    double bytes = 0;
    for (const publish::File& file : translation.files.files)
        bytes += static_cast<double>(file.bytes.size());
    metrics_.set(Metric::PublishBytes, {}, bytes);
    metrics_.add(Metric::PublishTotal, {"published"});
    metrics_.replace(Metric::GenerationInfo, {{{translation.files.generation.substr(0, 12)}, 1}});
    log_.write(LogLevel::Info,
               "published",
               {{"generation", translation.files.generation.substr(0, 12)},
                {"rules", std::to_string(translation.files.weight)}});
}

void Cycle::note_held(std::size_t objects, const publish::PublishReport& report) {
    metrics_.set(Metric::PublishHeld, {}, report.held || objects > 0 ? 1 : 0);
    if (!report.held) {
        held_reason_.clear();
        return;
    }
    metrics_.add(Metric::PublishTotal, {"held"});
    if (report.held_reason == held_reason_) return;
    held_reason_ = report.held_reason;
    log_.write(LogLevel::Warn,
               "publication held: much of what is served is missing and was not seen to go",
               {{"reason", report.held_reason}, {"force", "send SIGHUP"}});
}

}  // namespace gatefile::agent
