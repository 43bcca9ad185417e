// SPDX-License-Identifier: Apache-2.0
#include "gatefile/agent/log.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/base/time.hpp"
#include "gatefile/tree/node.hpp"
#include "gatefile/tree/write.hpp"

namespace gatefile::agent {

namespace {

std::string_view short_name(LogLevel level) {
    switch (level) {
    case LogLevel::Debug:
        return "DBG";
    case LogLevel::Info:
        return "INF";
    case LogLevel::Warn:
        return "WRN";
    case LogLevel::Error:
        return "ERR";
    }
    return "";
}

std::string_view long_name(LogLevel level) {
    switch (level) {
    case LogLevel::Debug:
        return "debug";
    case LogLevel::Info:
        return "info";
    case LogLevel::Warn:
        return "warn";
    case LogLevel::Error:
        return "error";
    }
    return "";
}

bool is_plain(std::string_view value) {
    for (const char c : value) {
        if (c <= ' ' || c > '~' || c == '"' || c == '=' || c == '\\') return false;
    }
    return !value.empty();
}

std::string
common_line(LogLevel level, std::string_view message, std::initializer_list<Log::Field> fields) {
    std::string line = fmt::format(
        "{} {} {}", base::format_rfc3339(base::wall_clock()), short_name(level), message);
    for (const auto& [key, value] : fields) {
        if (value.empty()) continue;
        line += fmt::format(
            " {}={}", key, is_plain(value) ? value : base::quote_for_message(value, 2000));
    }
    return line + "\n";
}

std::string
json_line(LogLevel level, std::string_view message, std::initializer_list<Log::Field> fields) {
    tree::Arena arena;
    const std::string time = base::format_rfc3339(base::wall_clock());
    const auto text = [&](std::string_view value) {
        // The writer wants UTF-8; what is not is shown escaped.
        return tree::Node::string(
            arena.copy(base::is_utf8(value) ? std::string(value) : base::quote_for_message(value)));
    };
    std::vector<tree::Entry> entries{{"level", {}, text(long_name(level))},
                                     {"time", {}, text(time)},
                                     {"message", {}, text(message)}};
    for (const auto& [key, value] : fields) {
        if (!value.empty()) entries.push_back({arena.copy(key), {}, text(value)});
    }
    return tree::write_json(tree::Node::map(arena.copy(entries)), tree::JsonStyle::Compact);
}

}  // namespace

void Log::write(LogLevel level,
                std::string_view message,
                std::initializer_list<Field> fields) const {
    if (level < lowest_) return;
    const std::string line = format_ == LogFormat::Json ? json_line(level, message, fields)
                                                        : common_line(level, message, fields);
    // One write, so that lines of several processes do not mix; a full pipe loses the line.
    [[maybe_unused]] const ssize_t ignored = ::write(fd_, line.data(), line.size());
}

}  // namespace gatefile::agent
