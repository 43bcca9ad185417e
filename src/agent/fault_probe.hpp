// SPDX-License-Identifier: Apache-2.0
//
// What Traefik has against our configuration once it has loaded it: asked for once a generation,
// and in full only where Traefik's overview counts anything.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "gatefile/agent/agent.hpp"
#include "gatefile/http/client.hpp"
#include "metrics.hpp"

namespace gatefile::agent {

class FaultProbe {
public:
    /// A clause for each object that has a fault.
    using Faults = std::map<diag::ObjectRef, std::string>;
    /// The same by name, of what belongs to no single object: the root of a host, what listeners
    /// or routes share.
    using SharedFaults = std::map<std::string, std::string>;

    FaultProbe(const AgentSettings& settings, http::Client& client, const Log& log)
        : settings_(settings), client_(client), log_(log) {}
    ~FaultProbe();
    FaultProbe(const FaultProbe&) = delete;
    FaultProbe& operator=(const FaultProbe&) = delete;

    /// Traefik serves another generation, or has been restarted.
    void look();
    const Faults& faults() const { return faults_; }
    const SharedFaults& shared_faults() const { return shared_; }
    /// Entry points that Traefik does not have though routers of ours name them.
    const std::set<std::string>& missing_entry_points() const { return missing_; }
    bool take_changed() { return std::exchange(changed_, false); }

private:
    void ask_overview();
    void ask_list(std::size_t path);
    void get(std::string url, http::Done done);
    void note(const std::string& name, const std::string& error);
    void finish();

    const AgentSettings& settings_;
    http::Client& client_;
    const Log& log_;
    http::Client::Id call_ = 0;
    Faults found_;
    Faults faults_;
    SharedFaults found_shared_;
    SharedFaults shared_;
    std::set<std::string> found_missing_;
    std::set<std::string> missing_;
    std::set<std::string> said_;
    bool changed_ = false;
};

}  // namespace gatefile::agent
