// SPDX-License-Identifier: Apache-2.0
#include "cycle.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/diag/print.hpp"
#include "gatefile/traefik/flatten.hpp"
#include "gatefile/tree/read.hpp"
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

bool is_full(const base::Error& error) {
    return error.text.find("No space left") != std::string::npos ||
           error.text.find("quota exceeded") != std::string::npos;
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

}  // namespace

Cycle::Cycle(const AgentSettings& settings,
             publish::Output output,
             Targets& targets,
             Input& input,
             Keeper& keeper,
             const Log& log,
             Metrics& metrics)
    : settings_(settings), output_(std::move(output)), targets_(targets), input_(input),
      keeper_(keeper), log_(log), metrics_(metrics) {}

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
    for (const diag::Code code :
         {diag::Code::ForeignHost, diag::Code::ForeignTlsOptions, diag::Code::ForeignTlsConflict}) {
        metrics_.set(Metric::Conflicts,
                     {diag::info(code).name},
                     static_cast<double>(std::ranges::count(
                         diagnostics.items(), code, &diag::Diagnostic::code)));
    }
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

Settings Cycle::settings_now() const {
    Settings settings = settings_.translate;
    settings.now = base::wall_clock();
    settings.render.neighbours = neighbours_;
    if (!settings.static_config.providers_unknown || !settings_.traefik_api) return settings;
    // Until Traefik has told, nothing is taken from providers that may be there.
    settings.render.shared = !providers_ || !providers_->empty();
    if (providers_) settings.static_config.other_providers = *providers_;
    return settings;
}

namespace {

/// What could be served while other providers have loaded nothing, and so none of the TLS options
/// that our roots name, without which Traefik closes connections: what would be published if others
/// disagreed on them, too. Nothing: the same.
std::optional<publish::FileSet> without_foreign_options(std::shared_ptr<const api::Snapshot> snapshot,
                                                        Settings settings,
                                                        const Translation& translation) {
    const bool adopts = std::ranges::any_of(
        translation.diagnostics.items(), [](const diag::Diagnostic& diagnostic) {
            return diagnostic.code == diag::Code::ForeignTlsOptions;
        });
    if (!adopts) return std::nullopt;
    for (traefik::Neighbour neighbour : translation.render.neighbours) {
        if (neighbour.tls_options.empty()) continue;
        neighbour.tls_options.clear();
        settings.render.neighbours.push_back(std::move(neighbour));
    }
    settings.now.reset();
    settings.pairs.reset();
    auto translated = translate(std::move(snapshot), settings, {});
    if (!translated || translated->files.generation == translation.files.generation)
        return std::nullopt;
    return std::move(translated->files);
}

}  // namespace

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
    const Settings settings = settings_now();
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
    outcome.certificates = certificate_times(translation->graph);
    outcome.errors = errors_of(translation->diagnostics);
    outcome.listeners = listeners_by_entry_point(translation->graph);
    if (settings_.gateway_services) {
        outcome.objects =
            analysis::plan_gateway_services(translation->graph, *settings_.gateway_services);
    }
    told_ = with_told(std::move(told_), translation->graph);
    outcome.owns = ownership(
        read.snapshot,
        {settings_.translate.build.selection, settings_.watch_namespaces},
        told_);

    if (keeper_.hold()) {
        hold(*translation, outcome);
        outcome.report = std::move(translation->report);
        count_certificate_times(*outcome.certificates, targets_.certificates(), metrics_);
        // What an operator released goes when publishing is resumed.
        settled_ = settled_ || read.absence_accepted;
        metrics_.set(Metric::PublishHeld, {}, read.held > 0 ? 1 : 0);
        held_reason_.clear();
        // What was seen to go is remembered until it can be published.
        input_.published(true, false);
        return outcome;
    }
    count_certificate_times(*outcome.certificates, targets_.certificates(), metrics_);
    // What went before the start nobody saw: the first publication that is not held settles it.
    const bool believed = (settled_ || read.absence_accepted) && read.deletions_witnessed;
    const auto publishing = Clock::now();
    auto report = is_too_little(read, translation->files)
                      ? base::Result<publish::PublishReport>(publish::PublishReport{
                            .held = true,
                            .held_reason = read.lacks,
                            .written = {},
                            .removed = {},
                            .hashes = {}})
                      : publish(translation->files, believed);
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
    if (report->changed) note_published(translation->files);
    if (!report->held) {
        note_refused(translation->files.refused);
        targets_.publish(translation->files);
        auto substitute = keeper_.is_unkept(translation->files.generation)
                              ? without_foreign_options(read.snapshot, settings, *translation)
                              : std::nullopt;
        keeper_.published(std::move(translation->files),
                          report->hashes,
                          report->changed,
                          std::move(substitute));
        metrics_.set(
            Metric::PublishLastSuccess, {}, static_cast<double>(base::wall_clock().seconds));
        if (report->changed) write_status(translation->report);
        outcome.report = std::move(translation->report);
    }
    input_.published(false, report->held);
    return outcome;
}

/// Nothing that people change is published; Pods go on to come and go.
void Cycle::hold(Translation& translation, CycleOutcome& outcome) {
    const publish::FileSet& wanted = translation.files;
    outcome.paused = true;
    outcome.generation = keeper_.published_id();
    std::vector<publish::File> served = output_.found();
    if (served.empty()) {
        outcome.differing.all = true;
        keeper_.wait_with(wanted.generation, wanted.weight, {});
        return;
    }
    if (wanted.generation == outcome.generation) {
        keeper_.wait_for_nothing();
        return;
    }
    const publish::FileSet held{.files = std::move(served),
                                .keys = keeper_.keys(),
                                .weight = output_.weight(),
                                .generation = outcome.generation,
                                .pairs = {},
                                .refused = {},
                                .backends = keeper_.backends()};
    auto compared =
        compare_held(held, wanted, settings_.translate.render.format, translation.graph);
    if (!compared) {
        log_.write(LogLevel::Warn,
                   "what is served cannot be compared with what waits",
                   {{"error", compared.error().text}});
        outcome.differing.all = true;
        keeper_.wait_with(wanted.generation, wanted.weight, {});
        return;
    }
    // Without the keys that it names it would not be what was published.
    const bool has_keys = !settings_.keys || !held.keys.empty();
    if (compared->refreshed && has_keys) refresh(std::move(*compared->refreshed), outcome);
    outcome.certificates = std::move(compared->certificates);
    outcome.differing = std::move(compared->differing);
    if (outcome.differing.none()) {
        keeper_.wait_for_nothing();
    } else {
        keeper_.wait_with(wanted.generation, wanted.weight, std::move(compared->stale));
    }
}

void Cycle::refresh(publish::FileSet files, CycleOutcome& outcome) {
    if (settings_.translate.pairs) {
        const auto document = tree::read_yaml(files.files.front().bytes);
        if (!document) return;
        traefik::Flat flat = traefik::flatten(document->root, *settings_.translate.pairs);
        files.pairs = std::move(flat.pairs);
        files.refused = std::move(flat.refused);
    }
    auto report = publish(files, true);
    if (!report) {
        log_.write(LogLevel::Error,
                   "the servers of what is held are not published",
                   {{"error", report.error().text}});
        return;
    }
    note_published(files);
    targets_.publish(files);
    outcome.generation = files.generation;
    outcome.changed = report->changed;
    outcome.refreshed = true;
    keeper_.refreshed(std::move(files), report->hashes);
}

/// Whether routes may be missing from what was read only because something cannot be read.
bool Cycle::is_too_little(const Input::Reading& read, const publish::FileSet& files) const {
    return !read.lacks.empty() && !read.absence_accepted && output_.has_files() &&
           files.generation != keeper_.published_id();
}

/// What is kept of before must not be why a disk is full.
base::Result<publish::PublishReport> Cycle::publish(const publish::FileSet& files, bool believed) {
    auto report = output_.publish(files, believed);
    if (report || !is_full(report.error()) || !keeper_.make_room()) return report;
    return output_.publish(files, believed);
}

base::Result<void> Cycle::put_back(const publish::Generation& generation, publish::FileSet files) {
    auto report = publish(files, true);
    if (!report) return report.error();
    note_published(files);
    targets_.publish(files);
    keeper_.put_back(generation, std::move(files));
    return {};
}

void Cycle::note_published(const publish::FileSet& files) {
    double bytes = 0;
    for (const publish::File& file : files.files)
        bytes += static_cast<double>(file.bytes.size());
    metrics_.set(Metric::PublishBytes, {}, bytes);
    metrics_.add(Metric::PublishTotal, {"published"});
    metrics_.replace(Metric::GenerationInfo, {{{files.generation.substr(0, 12)}, 1}});
    log_.write(
        LogLevel::Info,
        "published",
        {{"generation", files.generation.substr(0, 12)}, {"rules", std::to_string(files.weight)}});
}

/// Said once for each set of them.
void Cycle::note_refused(const std::vector<std::string>& refused) {
    std::string names = base::join(refused, " ");
    if (names == refused_) return;
    refused_ = std::move(names);
    if (refused_.empty()) return;
    log_.write(LogLevel::Error,
               "keys of a store cannot say it, and it answers 500 or 503 there: a list has a "
               "comma in an item, a map's key is a number or has a slash, or, in Redis, a header is "
               "taken away",
               {{"keys", refused_}});
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
