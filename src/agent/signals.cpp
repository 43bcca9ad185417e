// SPDX-License-Identifier: Apache-2.0
#include "signals.hpp"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace gatefile::agent {

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

Signal read_signal(int fd) {
    signalfd_siginfo info{};
    if (::read(fd, &info, sizeof info) != sizeof info) return Signal::None;
    return info.ssi_signo == SIGHUP ? Signal::Reload : Signal::Stop;
}

}  // namespace gatefile::agent
