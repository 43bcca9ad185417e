// SPDX-License-Identifier: Apache-2.0
#include "proof.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "gatefile/probe/traefik_api.hpp"

namespace gatefile::agent {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds look_again{5000};
constexpr milliseconds retry_lost{1000};

std::string short_form(const std::string& generation) {
    return generation.substr(0, 12);
}

}  // namespace

Proof::Proof(const AgentSettings& settings,
             http::Client& client,
             const Log& log,
             Metrics& metrics,
             Health& health)
    : settings_(settings), client_(client), log_(log), metrics_(metrics), health_(health) {
    if (!enabled()) return;
    url_ = probe::generation_url(
        *settings_.traefik_api,
        probe::provider_name(settings_.translate.render.format, settings_.translate.static_config));
    health_.fail(Check::Loaded, "nothing is published yet");
}

Proof::~Proof() {
    if (call_ != 0) client_.cancel(call_);
}

void Proof::expect(const std::string& generation) {
    if (!enabled() || generation == generation_) return;
    if (call_ != 0) client_.cancel(std::exchange(call_, 0));
    generation_ = generation;
    published_ = missed_since_ = Clock::now();
    due_ = published_;
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
    call_ = client_.start({.url = url_, .connect_timeout = 2s, .timeout = 5s},
                          [this](const http::Answer& answer) {
                              call_ = 0;
                              answered(answer);
                          });
}

void Proof::answered(const http::Answer& answer) {
    const auto now = Clock::now();
    std::string problem;
    if (answer.error) {
        problem = fmt::format(
            "Traefik's API {} cannot be asked: {}", *settings_.traefik_api, answer.error->text);
    } else {
        const auto loaded = probe::generation_in(answer.response);
        if (!loaded) {
            problem = loaded.error().text;
        } else if (*loaded == generation_) {
            missed_since_ = now;
            enter(Proven::Loaded, {});
            schedule(now);
            return;
        } else {
            problem = fmt::format(
                "Traefik has not loaded generation {}{}; look for \"Cannot start the provider\" or "
                "\"Error occurred during configuration\" in its log",
                short_form(generation_),
                *loaded ? " but " + short_form(**loaded) : "");
        }
    }
    if (now - missed_since_ >= settings_.load_timeout) enter(Proven::NotLoaded, problem);
    schedule(now);
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

void Proof::enter(Proven state, std::string problem) {
    if (state == state_ && problem == problem_) return;
    const bool is_news = state != state_;
    state_ = state;
    problem_ = std::move(problem);
    changed_ = true;
    if (!is_news) return;
    const std::chrono::duration<double> waited = Clock::now() - published_;
    if (state == Proven::Loaded) {
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
