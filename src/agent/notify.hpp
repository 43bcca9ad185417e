// SPDX-License-Identifier: Apache-2.0
//
// Says to systemd (sd_notify(3), units of Type=notify or notify-reload) what the agent does: a
// datagram to the socket that the environment names. Without one, everything here does nothing.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "gatefile/base/unique_fd.hpp"

namespace gatefile::agent {

class Notify {
public:
    /// Of NOTIFY_SOCKET (a path, or @name of an abstract socket), WATCHDOG_USEC and WATCHDOG_PID.
    explicit Notify(const std::map<std::string, std::string>& environment);

    /// How often alive() has to be called: half of the time after which systemd takes the process
    /// for dead; nothing if there is no watchdog.
    std::optional<std::chrono::microseconds> watchdog_interval() const { return watchdog_; }

    /// Started, or done with what reloading() announced. `status` is shown by `systemctl status`.
    void ready(std::string_view status) const;
    void status(std::string_view text) const;
    void reloading() const;
    void stopping() const;
    void alive() const;

private:
    void send(const std::string& message) const;

    base::UniqueFd fd_;
    sockaddr_un address_{};
    socklen_t length_ = 0;
    std::optional<std::chrono::microseconds> watchdog_;
};

/// Feeds systemd's watchdog in time.
class Watchdog {
public:
    using Clock = std::chrono::steady_clock;

    explicit Watchdog(const Notify& notify) : notify_(notify) { next(Clock::now()); }

    std::optional<Clock::time_point> due() const { return due_; }
    void turn(Clock::time_point now) {
        if (!due_ || *due_ > now) return;
        notify_.alive();
        next(now);
    }

private:
    void next(Clock::time_point now) {
        if (const auto interval = notify_.watchdog_interval()) due_ = now + *interval;
    }

    const Notify& notify_;
    std::optional<Clock::time_point> due_;
};

}  // namespace gatefile::agent
