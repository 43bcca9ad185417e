// SPDX-License-Identifier: Apache-2.0
#include "static_probe.hpp"

#include <fmt/format.h>

#include "gatefile/probe/traefik_api.hpp"
#include "shown_url.hpp"

namespace gatefile::agent {

namespace {

using namespace std::chrono_literals;

constexpr auto pause = 500ms;

}  // namespace

StaticProbe::StaticProbe(const AgentSettings& settings, http::Client& client, const Log& log)
    : settings_(settings), client_(client), log_(log),
      waits_(settings.traefik_api && settings.translate.static_config.assumed) {
    if (waits_) due_ = Clock::now();
}

StaticProbe::~StaticProbe() {
    if (call_ != 0) client_.cancel(call_);
}

void StaticProbe::turn(Clock::time_point now) {
    if (const auto at = due(); !at || *at > now) return;
    due_.reset();
    answers_.clear();
    ask();
}

void StaticProbe::ask() {
    const auto paths = probe::static_config_paths();
    call_ = client_.start(
        {.url = fmt::format("{}{}", *settings_.traefik_api, paths[answers_.size()]),
         .connect_timeout = 2s,
         .timeout = 5s},
        [this, count = paths.size()](const http::Answer& answer) {
            call_ = 0;
            if (answer.error) return failed(answer.error->text);
            answers_.push_back(answer.response);
            if (answers_.size() < count) return ask();
            auto config = probe::static_config_in(answers_);
            if (!config) return failed(config.error().text);
            waits_ = false;
            problem_.clear();
            found_ = std::move(*config);
        });
}

void StaticProbe::failed(const std::string& why) {
    due_ = Clock::now() + pause;
    if (problem_.empty()) {
        log_.write(LogLevel::Warn,
                   "Traefik's entry points are not known yet; nothing new is published until its "
                   "API tells them",
                   {{"api", shown_url(*settings_.traefik_api)}, {"error", why}});
    }
    problem_ = fmt::format("Traefik's API {} does not tell its entry points: {}; nothing new is "
                           "published until it does",
                           shown_url(*settings_.traefik_api),
                           why);
}

}  // namespace gatefile::agent
