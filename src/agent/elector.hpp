// SPDX-License-Identifier: Apache-2.0
//
// Keeps this agent's Leases: the one that all agents of an instance share, whose holder writes
// status, and one of its own, which says that it lives and what its Traefik serves. Publishing
// needs neither.
#pragma once

#include <chrono>
#include <optional>
#include <random>
#include <string>

#include "gatefile/agent/agent.hpp"
#include "gatefile/agent/lease.hpp"
#include "gatefile/source/api_server.hpp"

namespace gatefile::agent {

class Elector {
public:
    using Clock = Election::Clock;

    Elector(const AgentSettings& settings, source::ApiServer& server, const Log& log);
    ~Elector();
    Elector(const Elector&) = delete;
    Elector& operator=(const Elector&) = delete;

    std::optional<Clock::time_point> due() const;
    void turn(Clock::time_point now);
    bool leads(Clock::time_point now) const { return election_.leads(now); }

    /// What the Traefik beside us serves.
    void serving(const std::string& generation);
    /// How many agents there are and how many of their Traefiks serve it; counted by the leader.
    Members::Count count(const std::string& generation) const;
    /// Whether the count may have changed since the last call.
    bool take_changed() { return std::exchange(counted_, false); }

    /// At the end, instead of turn(): lets the next leader begin at once, and counts us no more.
    /// Over after a second.
    void release();
    bool is_released() const { return election_call_ == 0 && member_call_ == 0; }

private:
    void elect(Clock::time_point now);
    void answered(Election::Do what, const source::ApiAnswer& answer, Clock::time_point sent);
    void complain(const source::ApiAnswer& answer);
    source::ApiCall member_call() const;
    void tell_of_us(Clock::time_point now);
    void told(Election::Do what, const source::ApiAnswer& answer);
    void count_agents(Clock::time_point now);
    std::string path(std::string_view name, std::string_view query = {}) const;
    source::Action action(std::string_view verb, std::string_view name) const;
    double random();

    const Log& log_;
    source::ApiServer& server_;
    std::string ns_;
    Election election_;
    Member member_;
    Members members_;
    std::string lease_name_;
    std::string member_version_;
    Election::Do member_next_ = Election::Do::Create;
    bool led_ = false;
    bool counted_ = false;
    bool complained_ = false;
    http::Client::Id election_call_ = 0;
    http::Client::Id member_call_ = 0;
    http::Client::Id count_call_ = 0;
    Clock::time_point member_due_{};
    Clock::time_point count_due_{};
    std::minstd_rand random_;
};

}  // namespace gatefile::agent
