// SPDX-License-Identifier: Apache-2.0
#include "notify.hpp"

#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::agent {

namespace {

using Environment = std::map<std::string, std::string>;

std::string_view find(const Environment& environment, const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string_view() : std::string_view(found->second);
}

/// One line: a line break would start another assignment.
std::string one_line(std::string_view text) {
    constexpr std::size_t limit = 1000;
    std::string line(text.substr(0, limit));
    line.resize(base::valid_utf8_prefix(line));
    std::replace_if(
        line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r' || c == '\0'; }, ' ');
    return line;
}

std::optional<std::chrono::microseconds> half_watchdog(const Environment& environment) {
    const std::string_view pid = find(environment, "WATCHDOG_PID");
    if (!pid.empty() && base::parse_int(pid) != std::optional<std::int64_t>(::getpid()))
        return std::nullopt;
    const auto whole = base::parse_int(find(environment, "WATCHDOG_USEC"));
    if (!whole || *whole <= 0) return std::nullopt;
    return std::chrono::microseconds(std::max<std::int64_t>(*whole / 2, 1));
}

}  // namespace

Notify::Notify(const Environment& environment) {
    const std::string_view name = find(environment, "NOTIFY_SOCKET");
    // sun_path holds 108 bytes; a name that is longer can belong to no socket.
    if (name.size() < 2 || name.size() >= sizeof address_.sun_path) return;
    if (name.front() != '/' && name.front() != '@') return;
    address_.sun_family = AF_UNIX;
    std::copy(name.begin(), name.end(), address_.sun_path);
    length_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    if (name.front() == '@') {
        address_.sun_path[0] = '\0';
    } else {
        ++length_;  // the byte that ends a path
    }
    fd_ = base::UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!fd_) return;
    // A full queue may delay the loop a little, and must not stop it.
    const timeval patience{1, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    watchdog_ = half_watchdog(environment);
}

void Notify::ready(std::string_view status) const {
    send(fmt::format("READY=1\nSTATUS={}", one_line(status)));
}

void Notify::status(std::string_view text) const {
    send(fmt::format("STATUS={}", one_line(text)));
}

void Notify::reloading() const {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    // Type=notify-reload wants both in one datagram.
    send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}",
                     std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000));
}

void Notify::stopping() const {
    send("STOPPING=1");
}

void Notify::alive() const {
    send("WATCHDOG=1");
}

void Notify::send(const std::string& message) const {
    if (!fd_) return;
    // Nobody could be told that nobody listens.
    [[maybe_unused]] const ssize_t ignored = ::sendto(fd_.get(),
                                                      message.data(),
                                                      message.size(),
                                                      MSG_NOSIGNAL,
                                                      reinterpret_cast<const sockaddr*>(&address_),
                                                      length_);
}

}  // namespace gatefile::agent
