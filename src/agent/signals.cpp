// SPDX-License-Identifier: Apache-2.0
#include "signals.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>

namespace gatefile::agent {

namespace {

Signal read_signal(int fd) {
    signalfd_siginfo info{};
    if (::read(fd, &info, sizeof info) != sizeof info) return Signal::None;
    return info.ssi_signo == SIGHUP ? Signal::Reload : Signal::Stop;
}

}  // namespace

base::Result<base::UniqueFd> catch_signals() {
    ::signal(SIGPIPE, SIG_IGN);
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGTERM, SIGINT, SIGHUP})
        sigaddset(&set, number);
    if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) {
        return base::Error{base::ErrorKind::Unsupported, "signals cannot be blocked"};
    }
    base::UniqueFd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!fd) return base::Error{base::ErrorKind::Unsupported, "signalfd failed"};
    return fd;
}

Signal wait_for(int signals,
                std::array<int, 3> others,
                std::chrono::steady_clock::time_point until) {
    using std::chrono::milliseconds;
    const auto left =
        std::chrono::ceil<milliseconds>(until - std::chrono::steady_clock::now());
    const int timeout = static_cast<int>(std::clamp<milliseconds::rep>(left.count(), 0, 60'000));
    std::array<pollfd, 4> fds{{{signals, POLLIN, 0},
                               {others[0], POLLIN, 0},
                               {others[1], POLLIN, 0},
                               {others[2], POLLIN, 0}}};
    if (::poll(fds.data(), fds.size(), timeout) < 0) return Signal::None;
    return (fds[0].revents & POLLIN) != 0 ? read_signal(signals) : Signal::None;
}

}  // namespace gatefile::agent
