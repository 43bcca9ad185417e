// SPDX-License-Identifier: Apache-2.0
#include "hold_files.hpp"

#include "gatefile/publish/beside.hpp"

namespace gatefile::agent {

namespace {

constexpr const char* hold_file = "hold";
constexpr const char* backends_file = "hold-backends";

}  // namespace

std::optional<Hold> read_hold(const std::vector<std::string>& directories, const Log& log) {
    for (const std::string& directory : directories) {
        const auto text = publish::read_beside(directory, hold_file);
        if (!text) {
            log.write(LogLevel::Warn,
                      "whether publishing is paused cannot be read; it is not paused",
                      {{"file", publish::path_beside(directory, hold_file)},
                       {"error", text.error().text}});
            continue;
        }
        if (!*text) continue;
        if (auto hold = parse_hold(**text)) return hold;
        log.write(LogLevel::Warn,
                  "what says that publishing is paused is damaged; it is not paused",
                  {{"file", publish::path_beside(directory, hold_file)}});
    }
    return std::nullopt;
}

std::string read_held_backends(const std::vector<std::string>& directories,
                               std::string_view shape) {
    for (const std::string& directory : directories) {
        const auto text = publish::read_beside(directory, backends_file);
        if (!text || !*text) continue;
        std::string backends = parse_held_backends(**text, shape);
        if (!backends.empty()) return backends;
    }
    return {};
}

base::Result<void> keep_hold(const std::string& directory,
                             const Hold& hold,
                             std::string_view shape,
                             std::string_view backends) {
    auto done = publish::write_beside(
        directory, backends_file, write_held_backends(shape, backends));
    return done ? publish::write_beside(directory, hold_file, write_hold(hold)) : done;
}

base::Result<void> drop_hold(const std::string& directory) {
    auto done = publish::remove_beside(directory, hold_file);
    return done ? publish::remove_beside(directory, backends_file) : done;
}

}  // namespace gatefile::agent
