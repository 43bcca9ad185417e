// SPDX-License-Identifier: Apache-2.0
//
// What an agent finds of the one before it.
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatefile/publish/history_mirror.hpp"
#include "gatefile/traefik/encode.hpp"
#include "hold_files.hpp"
#include "keeper.hpp"

namespace gatefile::agent {

namespace {

/// What to publish from there. During a pause nothing would take the place of the substitute.
base::Result<std::optional<publish::FileSet>> choose_kept(const publish::LastGood& last_good,
                                                          bool is_paused) {
    if (is_paused) return last_good.read();
    auto substitute = last_good.read_substitute();
    return substitute && !*substitute ? last_good.read() : std::move(substitute);
}

/// Why nothing was published from there, if something should have been.
std::string restore(const publish::LastGood& last_good,
                    std::string_view file_name,
                    bool is_paused,
                    publish::Output& output,
                    const Log& log) {
    const auto kept = choose_kept(last_good, is_paused);
    if (!kept) return kept.error().text;
    if (!*kept) return {};
    const publish::FileSet& files = **kept;
    if (files.files.size() != 1 || files.files.front().name != file_name)
        return "it was kept in another format (--to) than the one that is wanted now";
    const auto report = output.publish(files, true);
    if (!report) return report.error().text;
    log.write(
        LogLevel::Info,
        "published what --state-dir kept",
        {{"generation", files.generation.substr(0, 12)}, {"rules", std::to_string(files.weight)}});
    return {};
}

void restore_all(const AgentSettings& settings,
                 const Kept& kept,
                 publish::Output& output,
                 const Log& log) {
    const std::string& directory = kept.last_good->directory();
    if (auto restored = publish::restore_generations(directory, history_settings(settings));
        !restored) {
        log.write(LogLevel::Warn,
                  "the generations that --state-dir kept are not restored",
                  {{"error", restored.error().text}});
    }
    if (output.has_files()) return;
    const std::string_view name = traefik::file_name(settings.translate.render.format);
    const std::string why = restore(*kept.last_good, name, kept.hold.has_value(), output, log);
    if (!why.empty()) {
        log.write(LogLevel::Warn,
                  "nothing is published from --state-dir",
                  {{"directory", directory}, {"error", why}});
    }
}

}  // namespace

Kept open_kept(const AgentSettings& settings, publish::Output& output, const Log& log) {
    Kept kept;
    std::vector<std::string> directories{settings.out.directory};
    if (settings.state_dir) {
        auto opened = publish::LastGood::open(*settings.state_dir);
        if (opened) {
            kept.last_good = std::move(*opened);
        } else {
            // It is for a reboot; what is served now must not wait for it.
            kept.problem = opened.error().text;
            kept.is_anothers = opened.error().kind == base::ErrorKind::Refused;
        }
        // Another agent's pause is none of ours.
        if (!kept.is_anothers) directories.push_back(*settings.state_dir);
    }
    kept.hold = read_hold(directories, log);
    if (kept.last_good) restore_all(settings, kept, output, log);
    kept.found = output.found();
    kept.weight = output.weight();
    return kept;
}

}  // namespace gatefile::agent
