// SPDX-License-Identifier: Apache-2.0
#include "loop.hpp"

#include <poll.h>

#include <algorithm>
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
#include "gatefile/base/strings.hpp"
#include "gatefile/status/loading.hpp"
#include "neighbour_probe.hpp"
#include "notify.hpp"
#include "object_writer.hpp"
#include "operations.hpp"
#include "proof.hpp"
#include "schedule.hpp"
#include "signals.hpp"
#include "static_probe.hpp"
#include "status_writer.hpp"
#include "telling.hpp"

namespace gatefile::agent {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using namespace std::chrono_literals;

/// The loop wakes at least this often, so that /livez tells something.
constexpr auto longest_sleep = 10s;
/// Status writes that are under way at a stop get this long.
constexpr auto farewell = 2s;

class Loop {
public:
    explicit Loop(LoopParts parts)
        : settings_(parts.settings), log_(parts.log), metrics_(parts.metrics),
          health_(parts.health), picture_(parts.picture), client_(parts.client),
          notify_(settings_.environment), ready_(parts.output.has_files()),
          keeper_(settings_, std::move(parts.kept), log_, metrics_), targets_(parts.targets),
          input_(make_input(std::move(parts.access), parts.output)),
          cycle_(settings_,
                 std::move(parts.output),
                 parts.targets,
                 *input_,
                 keeper_,
                 log_,
                 metrics_),
          operations_(settings_, cycle_, keeper_, log_, metrics_, for_operators()),
          proof_(settings_, client_, log_, metrics_, health_), faults_(settings_, client_, log_),
          neighbours_(settings_, client_, log_), statics_(settings_, client_, log_),
          schedule_(settings_.debounce, settings_.max_delay), signals_(std::move(parts.signals)) {
        if (cluster_ != nullptr && settings_.write_status) {
            writer_.emplace(settings_, cluster_->cluster(), cluster_->server(), log_, metrics_);
            events_.emplace(settings_, cluster_->cluster(), cluster_->server(), log_);
            objects_.emplace(cluster_->server(), log_);
            if (settings_.lease) writer_->lead(false);
        }
        schedule_.changed(Clock::now());
        if (ready_) health_.pass(Check::Published);
        startup_at_ = Clock::now() + settings_.startup_timeout;
        // What is there from before may be served for long, without an API server.
        if (!keeper_.published_id().empty()) proof_.expect(keeper_.published_id());
    }

    base::Result<void> run() {
        if (auto opened = operations_.open(); !opened) return opened;
        if (ready_) notify_.ready("serving what was found");
        while (true) {
            const Signal signal = wait();
            const auto now = Clock::now();
            health_.tick(now);
            watchdog_.turn(now);
            if (signal == Signal::Stop) break;
            let_go_of_who_waits(now);
            client_.turn();
            if (input_->changed(now)) schedule_.changed(now);
            if (is_due(expiry_at_, now)) {
                expiry_at_.reset();
                schedule_.changed(now);
            }
            operations_.serve();
            operations_.turn(now);
            keeper_.turn(now);
            // So that it is counted, too.
            if (targets_.turn(now)) schedule_.changed(now);
            if (keeper_.take_opened()) keep_there(now);
            statics_.turn(now);
            if (auto config = statics_.take()) learn(std::move(*config));
            neighbours_.turn(now);
            if (neighbours_.take_changed()) {
                cycle_.beside(neighbours_.neighbours(), neighbours_.providers());
                schedule_.changed(now);
            }
            const auto reading_at = input_->reading_due();
            if (signal == Signal::Reload) {
                notify_.reloading();
                if (!statics_.waits()) turn(Absence::Accepted);
                // systemd waits for it whenever it was told before that we are ready.
                if (ready_ || !startup_at_)
                    notify_.ready(ready_ ? "reloaded" : "nothing is published yet");
            } else if (is_due(schedule_.due(), now) || is_due(reading_at, now) ||
                       is_due(retry_.due(), now) || (waiting_ && can_turn(now))) {
                if (can_turn(now)) turn(Absence::NeedsEvidence);
            }
            proof_.turn(Clock::now());
            report();
            if (picture_ != nullptr) picture_->rest(now);
        }
        notify_.stopping();
        keeper_.flush();
        if (cluster_ != nullptr) cluster_->flush();
        finish();
        return {};
    }

private:
    static bool is_due(std::optional<Clock::time_point> at, Clock::time_point now) {
        return at && *at <= now;
    }

    bool can_turn(Clock::time_point now) const {
        return input_->ready() && !statics_.waits() && neighbours_.settled(now);
    }

    void learn(traefik::StaticConfig config) {
        Settings& translate = settings_.translate;
        // --traefik-version is an operator's word.
        if (translate.static_config.version) config.version = translate.static_config.version;
        translate.render.shared = !config.other_providers.empty();
        translate.static_config = std::move(config);
        if (picture_ != nullptr) picture_->use(translate);
        neighbours_.follow();
        schedule_.changed(Clock::now());
        log_.write(LogLevel::Info, "Traefik has told its entry points");
    }

    std::unique_ptr<Input> make_input(std::optional<ClusterAccess> access,
                                      const publish::Output& published) {
        if (!access) {
            health_.pass(Check::Synced);
            return std::make_unique<FileInput>(settings_, log_);
        }
        access->served = served_members(settings_, published);
        auto input = std::make_unique<ClusterInput>(settings_,
                                                    keeper_.state_directory(),
                                                    std::move(*access),
                                                    client_,
                                                    log_,
                                                    metrics_,
                                                    health_);
        cluster_ = input.get();
        return input;
    }

    /// --state-dir can be used by now.
    void keep_there(Clock::time_point now) {
        schedule_.changed(now);
        if (cluster_ != nullptr) cluster_->keep_in(*keeper_.state_directory());
    }

    Operations::Loop for_operators() {
        return {.turn =
                    [this](Absence absence) {
                        if (statics_.waits()) return;
                        if (input_->ready() || absence == Absence::Accepted) turn(absence);
                    },
                .published = [this](const std::string& id) { is_published(id, true); },
                .situation = [this] { return whole_situation(); },
                .told = [this] { return told(); }};
    }

    /// Traefik, by a start-up probe or an order of units: serving nothing is better than no
    /// Traefik.
    void let_go_of_who_waits(Clock::time_point now) {
        if (!is_due(startup_at_, now)) return;
        startup_at_.reset();
        if (ready_) return;
        health_.waive_published("nothing is published yet, and --startup-timeout is over");
        notify_.ready("nothing is published yet");
        log_.write(LogLevel::Warn, "Traefik may start though nothing is published yet");
    }

    void turn(Absence absence) {
        schedule_.taken();
        CycleOutcome outcome = cycle_.run(absence);
        waiting_ = outcome.waiting_for_input;
        if (waiting_) return;
        retry_.note(outcome.failed, Clock::now());
        trouble_.note(outcome.failed ? PublishTrouble::Kind::Failed
                      : outcome.held ? PublishTrouble::Kind::Held
                                     : PublishTrouble::Kind::None,
                      outcome.failure);
        if (outcome.certificates) {
            certificates_ = std::move(*outcome.certificates);
            errors_ = std::move(outcome.errors);
            const auto left = until_next_end(certificates_, base::wall_clock());
            expiry_at_ = left ? std::optional(Clock::now() + *left) : std::nullopt;
        }
        // What waits is not told of as if it were served.
        const bool waits = outcome.paused && keeper_.waiting();
        report_is_news_ = report_is_news_ || outcome.paused;
        note_differing(outcome, waits);
        if (outcome.report && !(waits && report_)) {
            report_ = std::move(outcome.report);
            owns_ = std::move(outcome.owns);
            listeners_ = std::move(outcome.listeners);
            report_is_news_ = true;
        }
        if (picture_ != nullptr && outcome.shown.snapshot) picture_->show(std::move(outcome.shown));
        if (outcome.refreshed) is_published(outcome.generation, outcome.changed);
        if (outcome.failed || outcome.held || outcome.paused) return;
        if (objects_) objects_->want(std::move(outcome.objects));
        health_.pass(Check::Published);
        // Not with the proof: Traefik may be waiting for us to be ready.
        if (!std::exchange(ready_, true)) notify_.ready("published");
        is_published(outcome.generation, outcome.changed);
    }

    /// What was served when a pause began is told of on. After a rollback, and by an agent that
    /// begins with a pause, it is not known what that was.
    void note_differing(const CycleOutcome& outcome, bool waits) {
        if (!waits) {
            if (outcome.report) differing_ = {};
            return;
        }
        const auto& hold = keeper_.hold();
        const bool is_of_before = report_ && hold && !hold->rolled_back_to && differing_.none();
        if (is_of_before || !outcome.report) return;
        std::vector<const status::Report*> reports{&*outcome.report};
        if (report_) reports.push_back(&*report_);
        differing_ = gateways_of(outcome.differing, reports);
    }

    void is_published(const std::string& generation, bool changed) {
        if (changed) schedule_.applying(Clock::now());
        proof_.expect(generation);
        if (!proof_.enabled()) schedule_.applied(Clock::now());
    }

    /// Hands the report on once it is known what became of it.
    void report() {
        bool look = proof_.take_anew();
        if (proof_.take_changed()) {
            report_is_news_ = true;
            if (proof_.state() == Proven::Loaded) {
                keeper_.loaded(proof_.generation());
                look = true;
            }
            if (proof_.is_decided()) schedule_.applied(Clock::now());
        }
        if (look) faults_.look();
        if (faults_.take_changed()) report_is_news_ = true;
        if (picture_ != nullptr) picture_->tell(picture_state_of(situation()));
        if (!writer_ || !cluster_->may_ask()) return;
        if (settings_.lease) elect();
        writer_->touched(cluster_->cluster().take_touched());
        // Paused before anything was published, nothing will be known.
        const bool nothing_to_prove = proof_.state() == Proven::Nothing && keeper_.hold();
        const bool known = !proof_.enabled() || proof_.is_decided() || nothing_to_prove ||
                           trouble_.kind != PublishTrouble::Kind::None;
        if (report_is_news_ && report_ && known) {
            report_is_news_ = false;
            const auto shared = std::make_shared<const status::Report>(*told());
            events_->report(shared, !elector_ || elector_->leads(Clock::now()));
            writer_->want(shared, owns_);
        }
        writer_->turn(Clock::now());
        objects_->turn(!elector_ || elector_->leads(Clock::now()), Clock::now());
    }

    void elect() {
        // Whose namespace it may be is known with the credentials.
        if (!elector_) elector_.emplace(settings_, cluster_->server(), log_);
        if (proof_.state() == Proven::Loaded) elector_->serving(shared_generation());
        elector_->turn(Clock::now());
        writer_->lead(elector_->leads(Clock::now()));
        if (elector_->take_changed()) report_is_news_ = true;
    }

    /// What agents compare: each has marks of its own in what it publishes.
    const std::string& shared_generation() const {
        const bool known =
            proof_.generation() == keeper_.published_id() && !keeper_.shared_id().empty();
        return known ? keeper_.shared_id() : proof_.generation();
    }

    Situation situation() const {
        Situation known{.settings = settings_,
                        .keeper = keeper_,
                        .proof = proof_,
                        .faults = faults_,
                        .trouble = trouble_,
                        .errors = errors_,
                        .certificates = certificates_,
                        .now = base::wall_clock()};
        if (cluster_ != nullptr) known.held_objects = cluster_->held();
        return known;
    }

    Situation whole_situation() const {
        Situation known = situation();
        known.stores = targets_.state();
        known.shown = targets_.certificates();
        known.entry_points_wanted = statics_.problem();
        if (cluster_ != nullptr) cluster_->fill_in(known);
        return known;
    }

    std::optional<status::Report> told() const {
        if (!report_) return std::nullopt;
        std::optional<Members::Count> count;
        if (elector_) count = elector_->count(shared_generation());
        return status::with_loading(
            *report_, loading_of(situation(), listeners_, differing_, *report_, count));
    }

    Signal wait() {
        Clock::time_point until = Clock::now() + longest_sleep;
        const auto consider = [&until](std::optional<Clock::time_point> at) {
            if (at) until = std::min(until, *at);
        };
        // What waits for the input, or for Traefik's first answer, is woken by it.
        if (can_turn(Clock::now())) {
            consider(schedule_.due());
            consider(input_->reading_due());
            consider(retry_.due());
            if (waiting_) consider(Clock::time_point{});
        }
        consider(input_->due());
        consider(client_.due());
        consider(proof_.due());
        consider(neighbours_.due());
        consider(statics_.due());
        if (writer_) consider(writer_->due());
        if (objects_) consider(objects_->due());
        if (elector_) consider(elector_->due());
        consider(watchdog_.due());
        consider(startup_at_);
        consider(expiry_at_);
        consider(keeper_.due());
        consider(operations_.due());
        return wait_for(signals_.get(), {client_.fd(), input_->fd(), operations_.fd()}, until);
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

    AgentSettings& settings_;
    const Log& log_;
    Metrics& metrics_;
    Health& health_;
    LivePicture* picture_;  ///< null: there is no page
    http::Client& client_;
    Notify notify_;
    Watchdog watchdog_{notify_};
    bool ready_;                       ///< there are files for Traefik
    ClusterInput* cluster_ = nullptr;  ///< input_, when it is one
    Keeper keeper_;
    Targets& targets_;
    std::unique_ptr<Input> input_;
    Cycle cycle_;
    Operations operations_;
    Proof proof_;
    FaultProbe faults_;
    NeighbourProbe neighbours_;
    StaticProbe statics_;
    std::optional<StatusWriter> writer_;
    std::optional<Elector> elector_;
    std::optional<EventSender> events_;
    std::optional<ObjectWriter> objects_;
    Schedule schedule_;
    base::UniqueFd signals_;
    Retry retry_;
    bool waiting_ = false;  ///< for input that the last turn asked for
    PublishTrouble trouble_;
    ObjectErrors errors_;
    std::vector<CertificateTime> certificates_;
    std::optional<Clock::time_point> expiry_at_;   ///< a certificate ends: it is to be said
    std::optional<Clock::time_point> startup_at_;  ///< nobody waits for us any longer
    Differing differing_;  ///< of which report_ says something else than is served
    std::optional<status::Report> report_;
    status::OwnsGateway owns_;
    std::multimap<std::string, std::pair<diag::ObjectRef, std::string>> listeners_;
    bool report_is_news_ = false;
};

}  // namespace

base::Result<void> run_loop(LoopParts parts) {
    Loop loop(std::move(parts));
    return loop.run();
}

}  // namespace gatefile::agent
