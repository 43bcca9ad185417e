// SPDX-License-Identifier: Apache-2.0
//
// One line per event on a file descriptor, in the two forms that Traefik's own log has: `common`
// ("2026-11-23T17:43:28Z INF message key=value") and `json` (level, time, message and the fields).
// Values are escaped, so that input cannot forge a line.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace gatefile::agent {

enum class LogLevel : std::uint8_t { Debug, Info, Warn, Error };
enum class LogFormat : std::uint8_t { Common, Json };

class Log {
public:
    using Field = std::pair<std::string_view, std::string>;

    Log(int fd, LogFormat format, LogLevel lowest) : fd_(fd), format_(format), lowest_(lowest) {}

    void
    write(LogLevel level, std::string_view message, std::initializer_list<Field> fields = {}) const;

private:
    int fd_;
    LogFormat format_;
    LogLevel lowest_;
};

}  // namespace gatefile::agent
