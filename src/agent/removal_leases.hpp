// SPDX-License-Identifier: Apache-2.0
//
// The Leases of agents that are to be cleaned up after: the leader's, and one for each agent.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gatefile/agent/agent.hpp"
#include "gatefile/base/result.hpp"
#include "gatefile/source/api_server.hpp"
#include "gatefile/tree/read.hpp"
#include "removal_step.hpp"

namespace gatefile::agent {

class RemovalLeases {
public:
    using Ask = std::function<source::ApiAnswer(source::ApiCall)>;

    /// Where `lease` names no namespace, theirs is taken for the credentials' default one.
    RemovalLeases(LeaseSettings lease, std::string default_namespace, Ask ask);

    /// Watches them for a while: who renews one is alive.
    base::Result<void> refuse_living_agents();
    /// A line for people where nothing is found in a namespace that nobody has named, which may be
    /// another than the agents'; else empty.
    base::Result<std::string> why_unknown();
    base::Result<std::vector<RemovalStep>> plan();

private:
    base::Result<std::vector<tree::Document>> lists();

    LeaseSettings lease_;
    bool is_guessed_;
    Ask ask_;
};

}  // namespace gatefile::agent
