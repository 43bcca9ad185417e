// SPDX-License-Identifier: Apache-2.0
//
// Routers of other providers in the same Traefik, asked for every two seconds: where one has a host
// of ours with other TLS options, ours have to be published anew.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gatefile/agent/agent.hpp"
#include "gatefile/http/client.hpp"
#include "gatefile/probe/traefik_api.hpp"

namespace gatefile::agent {

class NeighbourProbe {
public:
    using Clock = std::chrono::steady_clock;

    /// The log is told where there are other providers and nobody to ask.
    NeighbourProbe(const AgentSettings& settings, http::Client& client, const Log& log);
    ~NeighbourProbe();
    NeighbourProbe(const NeighbourProbe&) = delete;
    NeighbourProbe& operator=(const NeighbourProbe&) = delete;

    /// settings.translate.static_config has changed.
    void follow();

    std::optional<Clock::time_point> due() const;
    void turn(Clock::time_point now);
    /// Whether the first answer is there, or not worth waiting for any longer: what is published
    /// without it would be published anew.
    bool settled(Clock::time_point now) const { return !settle_by_ || *settle_by_ <= now; }
    /// What is known stays known while Traefik does not answer.
    const std::vector<traefik::Neighbour>& neighbours() const { return neighbours_; }
    /// Those of this Traefik where the static configuration does not tell; nothing: nobody knows.
    const std::optional<std::vector<std::string>>& providers() const { return told_; }
    bool take_changed() { return std::exchange(changed_, false); }

private:
    void start(std::string url, http::Done done);
    void ask_providers();
    void ask(std::size_t provider, probe::RouterKind kind, int page);
    void ask_next(std::size_t provider, probe::RouterKind kind);
    void finish();

    const AgentSettings& settings_;
    http::Client& client_;
    std::vector<std::string> providers_;
    std::optional<std::vector<std::string>> told_;
    http::Client::Id call_ = 0;
    std::optional<Clock::time_point> due_;
    std::optional<Clock::time_point> settle_by_;
    std::vector<traefik::Neighbour> found_;
    std::vector<traefik::Neighbour> last_;  ///< as found by the poll before
    std::vector<traefik::Neighbour> neighbours_;
    bool changed_ = false;
};

}  // namespace gatefile::agent
