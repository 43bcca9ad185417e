// SPDX-License-Identifier: Apache-2.0
#include "proof.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "gatefile/probe/traefik_api.hpp"
#include "gatefile/traefik/static_snippet.hpp"
#include "shown_url.hpp"

namespace gatefile::agent {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds look_again{3000};
/// From a publication to the first question whether it is loaded: changes wait for the answer.
constexpr milliseconds longest_first_wait{100};
/// Whoever takes longer is told of as silent.
constexpr milliseconds longest_answer{1500};
constexpr milliseconds retry_lost{1000};
/// A Traefik may be replaced between two questions.
constexpr auto look_anew = 5s;

std::string short_form(const std::string& generation) {
    return generation.substr(0, 12);
}

}  // namespace

std::string where_the_log_tells(const std::string& provider) {
    // A provider that cannot be started is told of without its name, and so is what plugins say.
    return fmt::format("look in Traefik's log for errors with providerName={}, {}and for \"Cannot "
                       "start the provider\"",
                       provider,
                       provider.starts_with("plugin-") ? "for lines that begin with \"gatefile: \" "
                                                       : "");
}

Proof::Proof(const AgentSettings& settings,
             http::Client& client,
             const Log& log,
             Metrics& metrics,
             Health& health)
    : settings_(settings), client_(client), log_(log), metrics_(metrics), health_(health) {
    if (!enabled()) return;
    url_ = probe::generation_url(*settings_.traefik_api, settings_.provider);
    health_.fail(Check::Loaded, "nothing is published yet");
}

Proof::~Proof() {
    if (call_ != 0) client_.cancel(call_);
    if (version_call_ != 0) client_.cancel(version_call_);
}

void Proof::expect(const std::string& generation) {
    if (!enabled() || generation == generation_) return;
    if (call_ != 0) client_.cancel(std::exchange(call_, 0));
    generation_ = generation;
    published_ = missed_since_ = Clock::now();
    // Questions that came too early last time are not asked.
    due_ = published_ + first_wait_;
    missed_ = {};
    // No news for those who watch: until the time is up it is on its way.
    state_ = Proven::Waiting;
    changed_ = true;
}

std::optional<Proof::Clock::time_point> Proof::due() const {
    return call_ == 0 ? due_ : std::nullopt;
}

void Proof::turn(Clock::time_point now) {
    if (const auto at = due(); at && *at <= now) ask();
}

void Proof::ask() {
    due_.reset();
    asked_ = Clock::now();
    call_ = client_.start({.url = url_, .connect_timeout = 2s, .timeout = 5s},
                          [this](const http::Answer& answer) {
                              call_ = 0;
                              answered(answer);
                          });
}

void Proof::answered(const http::Answer& answer) {
    const auto now = Clock::now();
    std::string problem;
    silence_.clear();
    if (answer.error) {
        problem = fmt::format("Traefik's API {} cannot be asked: {}",
                              shown_url(*settings_.traefik_api),
                              answer.error->text);
        silence_ = problem;
        was_silent_ = true;
    } else {
        const auto loaded = probe::mark_in(answer.response);
        if (!loaded) {
            // What Traefik serves is as unknown as if there were no answer.
            problem = loaded.error().text;
            silence_ = problem;
            was_silent_ = true;
        } else if (*loaded && (*loaded)->generation == generation_) {
            missed_since_ = now;
            judge_plugin((*loaded)->plugin);
            judge_restart(answer, now);
            enter(Proven::Loaded, {});
            schedule(now);
            return;
        } else {
            problem = fmt::format(
                "Traefik has not loaded generation {}{}; {}",
                short_form(generation_),
                *loaded ? " but " + short_form((*loaded)->generation) : "",
                where_the_log_tells(settings_.provider));
        }
    }
    missed_ = now - published_;
    if (now - missed_since_ >= settings_.load_timeout) enter(Proven::NotLoaded, problem);
    schedule(now);
}

std::optional<std::string> Proof::silence(Clock::time_point now) const {
    if (!silence_.empty()) return silence_;
    if (call_ != 0 && now - asked_ > longest_answer)
        return fmt::format("Traefik's API {} does not answer", shown_url(*settings_.traefik_api));
    return std::nullopt;
}

void Proof::judge_plugin(const std::string& version) {
    if (settings_.translate.render.format != traefik::Format::Plugin) return;
    const std::string_view own = traefik::plugin_version();
    metrics_.set(Metric::PluginOutdated, {}, version == own ? 0 : 1);
    if (version == own || plugin_ == version) return;
    plugin_ = version;
    log_.write(LogLevel::Warn,
               "Traefik runs another version of the provider plugin than this gatefile brings",
               {{"runs", version.empty() ? "1" : version},
                {"brings", std::string(own)},
                {"cure", "gatefile static --write-plugin DIR, then start Traefik anew"}});
}

/// A restart can be over before load_timeout, and leaves the generation loaded as it was.
void Proof::judge_restart(const http::Answer& answer, Clock::time_point now) {
    const bool is_same_generation = said_of_ == generation_;
    const bool is_other = was_silent_ || (is_same_generation && said_ != answer.response.body);
    said_ = answer.response.body;
    said_of_ = generation_;
    was_silent_ = false;
    if (!is_other && now - looked_ < look_anew) return;
    looked_ = now;
    anew_ = true;
    ask_version();
}

void Proof::ask_version() {
    if (version_call_ != 0) return;
    version_call_ = client_.start({.url = probe::version_url(*settings_.traefik_api),
                                   .connect_timeout = 2s,
                                   .timeout = 5s},
                                  [this](const http::Answer& answer) {
                                      version_call_ = 0;
                                      judge_version(answer);
                                  });
}

void Proof::judge_version(const http::Answer& answer) {
    const auto version = answer.error ? std::nullopt : probe::version_in(answer.response);
    if (!version) return;
    unfit_ = traefik::unfit(*version);
    if (!unfit_ || version_ == version) return;
    version_ = version;
    log_.write(unfit_->too_old ? LogLevel::Error : LogLevel::Warn, unfit_->text);
}

void Proof::schedule(Clock::time_point now) {
    switch (state_) {
    case Proven::Nothing:
        due_.reset();
        return;
    case Proven::Waiting: {
        // A young publication is asked about often, an old one seldom.
        const auto waited = std::chrono::duration_cast<milliseconds>(now - published_);
        due_ = now + std::clamp(waited / 4, milliseconds(3), milliseconds(1000));
        return;
    }
    case Proven::Loaded:
        due_ = now + (missed_since_ == now ? look_again : retry_lost);
        return;
    case Proven::NotLoaded:
        due_ = now + retry_lost;
        return;
    }
}

/// The first question should be one of the last that come too early.
void Proof::learn_first_wait() {
    const bool was_late = missed_ == Clock::duration::zero();
    const Clock::duration next = was_late ? first_wait_ / 2 : missed_;
    first_wait_ = std::min<Clock::duration>(next, longest_first_wait);
}

void Proof::enter(Proven state, std::string problem) {
    if (state == state_ && problem == problem_) return;
    const bool is_news = state != state_;
    state_ = state;
    problem_ = std::move(problem);
    changed_ = true;
    if (!is_news) return;
    const std::chrono::duration<double> waited = Clock::now() - published_;
    if (state == Proven::Loaded) {
        learn_first_wait();
        metrics_.add(Metric::LoadTotal, {"loaded"});
        metrics_.observe(Metric::LoadDuration, waited.count());
        health_.pass(Check::Loaded);
        log_.write(LogLevel::Info,
                   "Traefik serves the generation",
                   {{"generation", short_form(generation_)},
                    {"after", fmt::format("{:.0f}ms", waited.count() * 1000)}});
    } else if (state == Proven::NotLoaded) {
        metrics_.add(Metric::LoadTotal, {"not_loaded"});
        health_.fail(Check::Loaded, problem_);
        log_.write(LogLevel::Error,
                   "Traefik does not serve the generation",
                   {{"generation", short_form(generation_)}, {"error", problem_}});
    }
    metrics_.set(Metric::TraefikLoaded, {}, state == Proven::Loaded ? 1 : 0);
}

}  // namespace gatefile::agent
