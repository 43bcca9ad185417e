// SPDX-License-Identifier: Apache-2.0
//
// Asks the API server once of which release of the Gateway API its definitions are. Nothing is
// served otherwise for it: who may not read them is not told either.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "gatefile/agent/agent.hpp"
#include "gatefile/source/api_server.hpp"

namespace gatefile::agent {

class BundleProbe {
public:
    using Clock = std::chrono::steady_clock;

    BundleProbe(source::ApiServer& server, const Log& log) : server_(server), log_(log) {}
    ~BundleProbe();
    BundleProbe(const BundleProbe&) = delete;
    BundleProbe& operator=(const BundleProbe&) = delete;

    /// Nothing: it was asked for, or is being asked for.
    std::optional<Clock::time_point> due() const { return due_; }
    void turn(Clock::time_point now);
    /// That it is newer than any that is known; a clause. Empty: it is not, or nobody knows.
    const std::string& newer() const { return newer_; }

private:
    void answered(const source::ApiAnswer& answer);

    source::ApiServer& server_;
    const Log& log_;
    http::Client::Id call_ = 0;
    std::optional<Clock::time_point> due_ = Clock::time_point{};
    std::string newer_;
};

}  // namespace gatefile::agent
