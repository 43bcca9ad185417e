// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "cluster_input.hpp"
#include "cycle.hpp"
#include "elector.hpp"
#include "event_sender.hpp"
#include "fault_probe.hpp"
#include "file_input.hpp"
#include "gatefile/agent/agent.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/status/loading.hpp"
#include "health.hpp"
#include "live_picture.hpp"
#include "metrics.hpp"
#include "notify.hpp"
#include "object_writer.hpp"
#include "port.hpp"
#include "proof.hpp"
#include "schedule.hpp"
#include "status_writer.hpp"

namespace gatefile::agent {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using namespace std::chrono_literals;

/// The loop wakes at least this often, so that /livez tells something.
constexpr auto longest_sleep = 10s;
/// Status writes that are under way at a stop get this long.
constexpr auto farewell = 2s;
constexpr Clock::duration shortest_retry = 500ms;
constexpr Clock::duration longest_retry = 10s;

enum class Signal { None, Reload, Stop };

class Loop {
public:
    Loop(const AgentSettings& settings,
         publish::Output output,
         http::Client& client,
         std::optional<source::Access> access,
         base::UniqueFd signals,
         const Log& log,
         Metrics& metrics,
         Health& health,
         LivePicture* picture)
        : settings_(settings), log_(log), metrics_(metrics), health_(health), picture_(picture),
          client_(client), notify_(settings.environment), ready_(output.has_files()),
          input_(make_input(std::move(access))),
          cycle_(settings, std::move(output), *input_, log, metrics),
          proof_(settings, client, log, metrics, health), faults_(settings, client, log),
          schedule_(settings.debounce, settings.max_delay), signals_(std::move(signals)) {
        if (cluster_ != nullptr && settings.write_status) {
            writer_.emplace(settings, cluster_->cluster(), cluster_->server(), log, metrics);
            events_.emplace(settings, cluster_->cluster(), cluster_->server(), log);
            objects_.emplace(cluster_->server(), log);
            if (settings.lease) {
                elector_.emplace(settings, cluster_->server(), log);
                writer_->lead(false);
            }
        }
        schedule_.changed(Clock::now());
        if (ready_) health_.pass(Check::Published);
        if (const auto interval = notify_.watchdog_interval()) {
            watchdog_at_ = Clock::now() + *interval;
        }
    }

    void run() {
        if (ready_) notify_.ready("serving what was found");
        while (true) {
            const Signal signal = wait();
            const auto now = Clock::now();
            health_.tick(now);
            if (is_due(watchdog_at_, now)) {
                notify_.alive();
                watchdog_at_ = now + *notify_.watchdog_interval();
            }
            if (signal == Signal::Stop) break;
            client_.turn();
            if (input_->changed(now)) schedule_.changed(now);
            const auto reading_at = input_->reading_due();
            if (signal == Signal::Reload) {
                notify_.reloading();
                turn(Absence::Accepted);
                if (ready_) notify_.ready("reloaded");
            } else if (is_due(schedule_.due(), now) || is_due(reading_at, now) ||
                       is_due(retry_at_, now) || (waiting_ && input_->ready())) {
                if (input_->ready()) turn(Absence::NeedsEvidence);
            }
            proof_.turn(Clock::now());
            report();
            if (picture_ != nullptr) picture_->rest(now);
        }
        notify_.stopping();
        finish();
    }

private:
    static bool is_due(std::optional<Clock::time_point> at, Clock::time_point now) {
        return at && *at <= now;
    }

    std::unique_ptr<Input> make_input(std::optional<source::Access> access) {
        if (!access) {
            health_.pass(Check::Synced);
            return std::make_unique<FileInput>(settings_, log_);
        }
        auto input = std::make_unique<ClusterInput>(
            settings_, std::move(*access), client_, log_, metrics_, health_);
        cluster_ = input.get();
        return input;
    }

    void turn(Absence absence) {
        schedule_.taken();
        CycleOutcome outcome = cycle_.run(absence);
        waiting_ = outcome.waiting_for_input;
        if (waiting_) return;
        publish_problem_.clear();
        retry_at_.reset();
        retry_pause_ = outcome.failed ? std::min(retry_pause_ * 2, longest_retry) : shortest_retry;
        if (outcome.failed) retry_at_ = Clock::now() + retry_pause_;
        if (outcome.failed)
            publish_problem_ = "the last change is not published: " + outcome.failure;
        if (outcome.held)
            publish_problem_ = "the last change is held back: much of what is served is missing";
        if (outcome.report) {
            report_ = std::move(outcome.report);
            owns_ = std::move(outcome.owns);
            listeners_ = std::move(outcome.listeners);
            report_is_news_ = true;
        }
        if (picture_ != nullptr && outcome.shown.snapshot) picture_->show(std::move(outcome.shown));
        if (outcome.failed || outcome.held) return;
        if (objects_) objects_->want(std::move(outcome.objects));
        health_.pass(Check::Published);
        // Not with the proof: Traefik may be waiting for us to be ready.
        if (!std::exchange(ready_, true)) notify_.ready("published");
        if (outcome.changed) schedule_.applying(Clock::now());
        proof_.expect(outcome.generation);
        if (!proof_.enabled()) schedule_.applied(Clock::now());
    }

    /// Hands the report on once it is known what became of it.
    void report() {
        if (proof_.take_changed()) {
            report_is_news_ = true;
            if (proof_.state() == Proven::Loaded) faults_.look();
            if (proof_.state() == Proven::Loaded || proof_.state() == Proven::NotLoaded) {
                schedule_.applied(Clock::now());
            }
        }
        if (faults_.take_changed()) report_is_news_ = true;
        if (picture_ != nullptr) picture_->tell(picture_state());
        if (elector_) elect();
        if (!writer_) return;
        writer_->touched(cluster_->cluster().take_touched());
        const bool known = !proof_.enabled() || !publish_problem_.empty() ||
                           proof_.state() == Proven::Loaded || proof_.state() == Proven::NotLoaded;
        if (report_is_news_ && report_ && known) {
            report_is_news_ = false;
            status::Report told = status::with_loading(*report_, loading());
            const auto shared = std::make_shared<const status::Report>(std::move(told));
            events_->report(shared, !elector_ || elector_->leads(Clock::now()));
            writer_->want(shared, owns_);
        }
        writer_->turn(Clock::now());
        objects_->turn(!elector_ || elector_->leads(Clock::now()), Clock::now());
    }

    void elect() {
        if (proof_.state() == Proven::Loaded) elector_->serving(proof_.generation());
        elector_->turn(Clock::now());
        writer_->lead(elector_->leads(Clock::now()));
        if (elector_->take_changed()) report_is_news_ = true;
    }

    LivePicture::State picture_state() const {
        if (!publish_problem_.empty())
            return {"the last change is not published", "bad", publish_problem_, faults_.faults()};
        if (!proof_.enabled()) return {"published", "good", {}, {}};
        switch (proof_.state()) {
        case Proven::Nothing:
            return {"nothing is published yet", "warn", {}, {}};
        case Proven::Waiting:
            return {"Traefik has not loaded it yet", "warn", {}, {}};
        case Proven::Loaded:
            if (!faults_.faults().empty())
                return {"loaded by Traefik, with errors", "bad", {}, faults_.faults()};
            return {"loaded by Traefik", "good", {}, {}};
        case Proven::NotLoaded:
            return {"not loaded by Traefik", "bad", proof_.problem(), faults_.faults()};
        }
        return {};
    }

    status::Loading loading() const {
        status::Loading loading;
        loading.refused = faults_.faults();
        for (const std::string& entry_point : faults_.missing_entry_points()) {
            const auto [first, last] = listeners_.equal_range(entry_point);
            for (auto entry = first; entry != last; ++entry) {
                loading.refused_listeners[entry->second.first][entry->second.second] =
                    fmt::format("Traefik has no entry point {}", entry_point);
            }
        }
        if (const std::size_t held = cluster_->cluster().held(); held > 0) {
            loading.note = fmt::format(
                "{} objects that the API server has no more are served on; SIGHUP lets them go",
                held);
        }
        if (!publish_problem_.empty()) {
            loading.state = status::Loading::State::NotLoaded;
            loading.problem = publish_problem_;
        } else if (proof_.enabled()) {
            const bool loaded = proof_.state() == Proven::Loaded;
            loading.state =
                loaded ? status::Loading::State::Loaded : status::Loading::State::NotLoaded;
            loading.loaded = loaded ? 1 : 0;
            loading.problem = proof_.problem();
            if (elector_) {
                const Members::Count count = elector_->count(proof_.generation());
                loading.agents = std::max<std::size_t>(1, count.agents);
                loading.loaded = std::max(loading.loaded, count.serving);
            }
        }
        return loading;
    }

    Signal wait() {
        Clock::time_point until = Clock::now() + longest_sleep;
        const auto consider = [&until](std::optional<Clock::time_point> at) {
            if (at) until = std::min(until, *at);
        };
        // What waits for the input is woken by it.
        if (input_->ready()) {
            consider(schedule_.due());
            consider(input_->reading_due());
            consider(retry_at_);
            if (waiting_) consider(Clock::time_point{});
        }
        consider(input_->due());
        consider(client_.due());
        consider(proof_.due());
        if (writer_) consider(writer_->due());
        if (objects_) consider(objects_->due());
        if (elector_) consider(elector_->due());
        consider(watchdog_at_);
        const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
        const int timeout =
            static_cast<int>(std::clamp<milliseconds::rep>(left.count(), 0, 60'000));
        std::array<pollfd, 3> fds{
            {{signals_.get(), POLLIN, 0}, {client_.fd(), POLLIN, 0}, {input_->fd(), POLLIN, 0}}};
        if (::poll(fds.data(), fds.size(), timeout) < 0) return Signal::None;
        return (fds[0].revents & POLLIN) != 0 ? read_signal() : Signal::None;
    }

    Signal read_signal() {
        signalfd_siginfo info{};
        if (::read(signals_.get(), &info, sizeof info) != sizeof info) return Signal::None;
        return info.ssi_signo == SIGHUP ? Signal::Reload : Signal::Stop;
    }

    /// Lets status writes end that are under way.
    void finish() {
        if (elector_) elector_->release();
        const auto end = Clock::now() + farewell;
        const auto is_done = [this] {
            return (!writer_ || writer_->idle()) && (!elector_ || elector_->is_released());
        };
        while (!is_done() && Clock::now() < end) {
            pollfd fd{client_.fd(), POLLIN, 0};
            ::poll(&fd, 1, 50);
            client_.turn();
            if (writer_) writer_->turn(Clock::now());
        }
    }

    const AgentSettings& settings_;
    const Log& log_;
    Metrics& metrics_;
    Health& health_;
    LivePicture* picture_;  ///< null: there is no page
    http::Client& client_;
    Notify notify_;
    bool ready_;                       ///< there are files for Traefik
    ClusterInput* cluster_ = nullptr;  ///< input_, when it is one
    std::unique_ptr<Input> input_;
    Cycle cycle_;
    Proof proof_;
    FaultProbe faults_;
    std::optional<StatusWriter> writer_;
    std::optional<Elector> elector_;
    std::optional<EventSender> events_;
    std::optional<ObjectWriter> objects_;
    Schedule schedule_;
    base::UniqueFd signals_;
    std::optional<Clock::time_point> retry_at_;  ///< after a publication that failed
    Clock::duration retry_pause_ = shortest_retry;
    bool waiting_ = false;  ///< for input that the last turn asked for
    std::string publish_problem_;
    std::optional<status::Report> report_;
    status::OwnsGateway owns_;
    std::multimap<std::string, std::pair<diag::ObjectRef, std::string>> listeners_;
    bool report_is_news_ = false;
    std::optional<Clock::time_point> watchdog_at_;
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
    std::optional<source::Access> access;
    if (settings.cluster) {
        auto opened = source::Access::open(*settings.cluster);
        if (!opened) return opened.error();
        access = std::move(*opened);
        // Of a cluster, tenants write the endpoints.
        settings.translate.build.backends.refuse_local_endpoints = true;
    }
    auto client = http::Client::open();
    if (!client) return client.error();
    auto output = publish::Output::open(settings.out, settings.keys);
    if (!output) return output.error();
    Metrics metrics;
    Health health(settings.traefik_api.has_value());
    std::optional<LivePicture> picture;
    if (settings.listen && settings.page) picture.emplace(settings.translate);
    LivePicture* const shown = picture ? &*picture : nullptr;
    std::optional<Port> port;
    if (settings.listen) {
        auto opened = Port::open(*settings.listen, {health, metrics, shown});
        if (!opened) return opened.error();
        port = std::move(*opened);
    }
    log.write(LogLevel::Info,
              "started",
              {{"version", GATEFILE_VERSION},
               {"from",
                access ? access->server() + " (" + access->origin() + ")"
                       : base::join(settings.manifests.paths, ",")},
               {"out", settings.out.directory}});
    Loop loop(settings,
              std::move(*output),
              *client,
              std::move(access),
              std::move(*signals),
              log,
              metrics,
              health,
              shown);
    loop.run();
    log.write(LogLevel::Info, "stopped; what is published stays");
    return {};
}

}  // namespace gatefile::agent
