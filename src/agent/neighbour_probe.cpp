// SPDX-License-Identifier: Apache-2.0
#include "neighbour_probe.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "gatefile/base/strings.hpp"

namespace gatefile::agent {

namespace {

using namespace std::chrono_literals;
using probe::RouterKind;

constexpr auto pause = 2s;
/// The first publication waits so long for a Traefik that takes connections and says nothing.
constexpr auto patience = 1s;

/// All that was found, and what the poll before still had: a Traefik that starts lists nothing of a
/// provider that has not loaded yet.
std::vector<traefik::Neighbour> with_missed(const std::vector<traefik::Neighbour>& found,
                                            const std::vector<traefik::Neighbour>& last,
                                            const std::vector<traefik::Neighbour>& known) {
    const auto is_in = [](const std::vector<traefik::Neighbour>& list,
                          const traefik::Neighbour& neighbour) {
        return std::ranges::any_of(list, [&](const traefik::Neighbour& other) {
            return other.name == neighbour.name && other.tcp == neighbour.tcp;
        });
    };
    std::vector<traefik::Neighbour> all = found;
    if (found == known) return all;
    std::ranges::copy_if(
        known, std::back_inserter(all), [&](const traefik::Neighbour& neighbour) {
            return !is_in(found, neighbour) && is_in(last, neighbour);
        });
    return all;
}

}  // namespace

NeighbourProbe::NeighbourProbe(const AgentSettings& settings, http::Client& client, const Log& log)
    : settings_(settings), client_(client) {
    follow();
    if (!settings.traefik_api && !providers_.empty()) {
        log.write(LogLevel::Warn,
                  "Traefik has other providers, and without --traefik-api nobody sees which TLS "
                  "options their routers have: a host that one of them shares may be answered 421",
                  {{"providers", base::join(providers_, ",")}});
    }
}

void NeighbourProbe::follow() {
    if (call_ != 0) client_.cancel(std::exchange(call_, 0));
    providers_ = settings_.translate.static_config.other_providers;
    if (!settings_.traefik_api) return;
    due_ = Clock::now();
    settle_by_ = *due_ + patience;
}

NeighbourProbe::~NeighbourProbe() {
    if (call_ != 0) client_.cancel(call_);
}

std::optional<NeighbourProbe::Clock::time_point> NeighbourProbe::due() const {
    return call_ == 0 ? due_ : settle_by_;
}

void NeighbourProbe::turn(Clock::time_point now) {
    if (settle_by_ && *settle_by_ <= now) settle_by_.reset();
    if (call_ != 0 || !due_ || *due_ > now) return;
    due_.reset();
    found_.clear();
    if (settings_.translate.static_config.providers_unknown) {
        ask_providers();
    } else {
        ask(0, RouterKind::Http, 1);
    }
}

void NeighbourProbe::start(std::string url, http::Done done) {
    call_ = client_.start({.url = std::move(url), .connect_timeout = 2s, .timeout = 10s},
                          [this, done = std::move(done)](http::Answer answer) {
                              call_ = 0;
                              due_ = Clock::now() + pause;
                              if (answer.error) {
                                  settle_by_.reset();
                                  return;
                              }
                              done(std::move(answer));
                          });
}

void NeighbourProbe::ask_providers() {
    start(probe::overview_url(*settings_.traefik_api), [this](const http::Answer& answer) {
        auto told = probe::providers_in(answer.response);
        if (!told) return;
        std::erase(*told, base::to_lower(settings_.provider));
        providers_ = *told;
        if (told_ != *told) {
            told_ = std::move(*told);
            changed_ = true;
        }
        ask(0, RouterKind::Http, 1);
    });
}

void NeighbourProbe::ask(std::size_t provider, RouterKind kind, int page) {
    if (provider == providers_.size()) {
        finish();
        return;
    }
    start(*settings_.traefik_api + probe::routers_path(kind, providers_[provider], page),
          [this, provider, kind, page](const http::Answer& answer) {
              auto listed = probe::neighbours_in(kind, answer.response, providers_[provider]);
              if (!listed) return;
              found_.insert(found_.end(),
                            std::make_move_iterator(listed->neighbours.begin()),
                            std::make_move_iterator(listed->neighbours.end()));
              if (listed->full) {
                  ask(provider, kind, page + 1);
              } else {
                  ask_next(provider, kind);
              }
          });
}

void NeighbourProbe::ask_next(std::size_t provider, RouterKind kind) {
    // An Ingress makes no routers of TCP.
    if (kind == RouterKind::Http && providers_[provider] != "kubernetesingress") {
        ask(provider, RouterKind::Tcp, 1);
    } else {
        ask(provider + 1, RouterKind::Http, 1);
    }
}

void NeighbourProbe::finish() {
    due_ = Clock::now() + pause;
    settle_by_.reset();
    auto known = with_missed(found_, last_, neighbours_);
    last_ = std::move(found_);
    found_.clear();
    if (known == neighbours_) return;
    neighbours_ = std::move(known);
    changed_ = true;
}

}  // namespace gatefile::agent
