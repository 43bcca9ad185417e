// SPDX-License-Identifier: Apache-2.0
//
// What is ours in a cluster, found and removed: status entries, the Services and EndpointSlices of
// --gateway-services, Leases. One request at a time, each guarded by what was read.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/agent/cleanup.hpp"
#include "gatefile/base/result.hpp"
#include "removal_step.hpp"

namespace gatefile::agent {

class ClusterRemoval {
public:
    /// `settings.cluster` is there; `settings` must outlive it.
    static base::Result<ClusterRemoval> open(const CleanupSettings& settings);
    ClusterRemoval(ClusterRemoval&&) noexcept;
    ClusterRemoval& operator=(ClusterRemoval&&) noexcept;
    ~ClusterRemoval();

    using Step = RemovalStep;

    /// Watches the Leases for a while: who renews one is alive.
    base::Result<void> refuse_living_agents();
    /// A line of what is left where that cannot have found anybody; else empty.
    base::Result<std::string> why_unknown();
    /// What there is to do, as the cluster is now. What cannot be read goes to `left`.
    base::Result<std::vector<Step>> plan(std::vector<std::string>& left);
    /// Why not, in a clause; empty when it is done, or there is nothing any more.
    std::string carry_out(const Step& step);

    /// Said by carry_out(): it was changed in between.
    static constexpr std::string_view try_again = "it was changed meanwhile";

private:
    struct State;
    explicit ClusterRemoval(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace gatefile::agent
