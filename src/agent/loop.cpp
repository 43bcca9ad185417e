// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "cycle.hpp"
#include "gatefile/agent/agent.hpp"
#include "gatefile/base/strings.hpp"
#include "proof.hpp"
#include "watcher.hpp"

namespace gatefile::agent {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// Where the file system sends no events and no --poll was given.
constexpr milliseconds fallback_poll{5000};

enum class Signal { None, Reload, Stop };

class Loop {
public:
    Loop(const AgentSettings& settings,
         publish::Output output,
         base::UniqueFd signals,
         const Log& log)
        : settings_(settings), log_(log), cycle_(settings, std::move(output), log),
          proof_(settings, log), watcher_(settings.manifests.paths, settings.manifests.recursive),
          signals_(std::move(signals)) {}

    void run() {
        turn(Absence::NeedsEvidence);
        while (true) {
            const Signal signal = wait();
            if (signal == Signal::Stop) return;
            const auto now = Clock::now();
            if (signal == Signal::Reload) {
                turn(Absence::Accepted);
            } else if (const auto read = next_reading(); read && *read <= now) {
                turn(held_until_ && *held_until_ <= now ? Absence::Accepted
                                                        : Absence::NeedsEvidence);
            }
            if (const auto due = proof_.due(); due && *due <= Clock::now()) proof_.look();
        }
    }

private:
    void turn(Absence absence) {
        changed_at_.reset();
        first_change_at_.reset();
        const auto unwatched = watcher_.refresh();
        note_unwatched(unwatched);
        const CycleOutcome outcome = cycle_.run(absence);
        if (outcome.published) proof_.expect(outcome.generation);
        if (!outcome.waiting) {
            held_until_.reset();
        } else if (!held_until_ || absence == Absence::Accepted) {
            held_until_ = Clock::now() + settings_.grace;
        }
        const bool must_poll = settings_.poll || !unwatched.empty() || outcome.failed;
        poll_at_ = must_poll ? std::optional(Clock::now() + settings_.poll.value_or(fallback_poll))
                             : std::nullopt;
    }

    void note_unwatched(const std::vector<std::string>& unwatched) {
        if (unwatched == unwatched_) return;
        unwatched_ = unwatched;
        for (const std::string& path : unwatched) {
            log_.write(LogLevel::Warn,
                       "not watched for events; it is read every few seconds instead",
                       {{"path", path}});
        }
    }

    /// The moment of the next reading: after a change has settled, a poll, or the end of a grace.
    std::optional<Clock::time_point> next_reading() const {
        std::optional<Clock::time_point> next;
        const auto consider = [&next](std::optional<Clock::time_point> at) {
            if (at && (!next || *at < *next)) next = at;
        };
        if (changed_at_) {
            consider(std::min(*changed_at_ + settings_.debounce,
                              *first_change_at_ + settings_.max_delay));
        }
        consider(poll_at_);
        consider(held_until_);
        return next;
    }

    Signal wait() {
        auto until = next_reading();
        if (const auto due = proof_.due(); due && (!until || *due < *until)) until = due;
        int timeout = -1;
        if (until) {
            const auto left = std::chrono::ceil<milliseconds>(*until - Clock::now());
            timeout = static_cast<int>(std::clamp<milliseconds::rep>(left.count(), 0, 3'600'000));
        }
        std::array<pollfd, 2> fds{{{signals_.get(), POLLIN, 0}, {watcher_.fd(), POLLIN, 0}}};
        if (::poll(fds.data(), fds.size(), timeout) < 0) return Signal::None;
        if ((fds[1].revents & POLLIN) != 0 && watcher_.drain()) {
            changed_at_ = Clock::now();
            if (!first_change_at_) first_change_at_ = changed_at_;
        }
        return (fds[0].revents & POLLIN) != 0 ? read_signal() : Signal::None;
    }

    Signal read_signal() {
        signalfd_siginfo info{};
        if (::read(signals_.get(), &info, sizeof info) != sizeof info) return Signal::None;
        return info.ssi_signo == SIGHUP ? Signal::Reload : Signal::Stop;
    }

    const AgentSettings& settings_;
    const Log& log_;
    Cycle cycle_;
    Proof proof_;
    Watcher watcher_;
    base::UniqueFd signals_;
    std::vector<std::string> unwatched_;
    std::optional<Clock::time_point> changed_at_;
    std::optional<Clock::time_point> first_change_at_;
    std::optional<Clock::time_point> poll_at_;
    std::optional<Clock::time_point> held_until_;
};

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

}  // namespace

base::Result<void> run(AgentSettings settings, const Log& log) {
    auto signals = catch_signals();
    if (!signals) return signals.error();
    auto output = publish::Output::open(settings.out, settings.keys);
    if (!output) return output.error();
    log.write(LogLevel::Info,
              "started",
              {{"version", GATEFILE_VERSION},
               {"manifests", base::join(settings.manifests.paths, ",")},
               {"out", settings.out.directory}});
    Loop loop(settings, std::move(*output), std::move(*signals), log);
    loop.run();
    log.write(LogLevel::Info, "stopped; what is published stays");
    return {};
}

}  // namespace gatefile::agent
