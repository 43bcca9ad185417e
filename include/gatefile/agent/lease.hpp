// SPDX-License-Identifier: Apache-2.0
//
// Who of several agents writes status, and how many there are: Leases (coordination.k8s.io/v1)
// judged as client-go's leaderelection does it, by changes seen here and never by the times that
// others wrote. Decides only: the caller sends the requests, one at a time, and tells what came of
// them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "gatefile/base/time.hpp"
#include "gatefile/tree/node.hpp"

namespace gatefile::agent {

struct LeaseTimes {
    std::chrono::seconds duration{15};        ///< others wait this long for a sign of life
    std::chrono::seconds renew_deadline{10};  ///< we think that we lead this long without renewal
    std::chrono::seconds retry{2};
    double jitter = 1.2;  ///< of `retry`, added at most while another leads
};

struct LeaseName {
    std::string ns;
    std::string name;
};

/// What matters of a Lease; what is missing is empty or 0.
struct LeaseState {
    std::string resource_version;
    std::string holder;  ///< empty: nobody
    std::chrono::seconds duration{0};
    std::string acquire_time;
    std::string renew_time;
    std::int64_t transitions = 0;
};

/// Any node will do.
LeaseState parse_lease(const tree::Node& lease);

/// The leader's Lease as one agent sees it. `random` is in [0, 1).
class Election {
public:
    using Clock = std::chrono::steady_clock;
    enum class Do : std::uint8_t {
        Wait,    ///< until `at`
        Read,    ///< GET, then saw()
        Create,  ///< POST body(), then wrote(), conflicted() or failed()
        Update,  ///< PUT body(), likewise: renews or takes over
    };
    struct Step {
        Do what = Do::Wait;
        Clock::time_point at;
    };

    /// `identity` is unique: the Pod's name with something random behind it.
    Election(LeaseName name, std::string identity, LeaseTimes times = {});

    Step next(Clock::time_point now) const;
    /// Whether we may write. Ends by itself when renewal fails for too long.
    bool leads(Clock::time_point now) const;
    /// Of the last Lease that was seen; empty: nobody, or not known.
    const std::string& holder() const { return lease_.holder; }

    /// The Lease as it was read; nothing when there is none (404).
    void saw(std::optional<LeaseState> lease, Clock::time_point now, double random);
    /// What the API server answered to our write, and when that was sent.
    void wrote(LeaseState lease, Clock::time_point sent);
    /// Another was faster (409).
    void conflicted(Clock::time_point now);
    /// Anything else went wrong.
    void failed(Clock::time_point now, double random);

    /// For the Create or Update that is next.
    std::string body(base::Timestamp now) const;
    /// PUT at the end, if we lead, so that the next leader need not wait.
    std::string release_body(base::Timestamp now) const;

private:
    bool is_ours() const;
    bool is_held_by_another(Clock::time_point now) const;
    Clock::time_point later(Clock::time_point now, double random) const;

    LeaseName name_;
    std::string identity_;
    LeaseTimes times_;
    bool known_ = false;  ///< lease_ is what the next write may build on
    bool exists_ = false;
    LeaseState lease_;
    Clock::time_point changed_;  ///< when we first saw lease_ as it is
    std::optional<Clock::time_point> renewed_;
    Clock::time_point due_;
};

/// The label that the Leases of one instance's agents have, and the annotation that says which
/// generation the Traefik beside an agent serves.
inline constexpr std::string_view instance_label = "gatefile.dev/instance";
inline constexpr std::string_view generation_annotation = "gatefile.dev/generation";

/// An agent's own Lease: says that it lives, and what it serves.
struct Member {
    LeaseName name;
    std::string identity;
    std::string instance;
    std::string generation;  ///< empty: none yet
    struct Pod {
        std::string name;
        std::string uid;
    };
    std::optional<Pod> owner;  ///< the Lease goes when it goes
};

/// Whether a Lease of the member's name is its own: written by this agent, or by an earlier one in
/// the same Pod.
bool is_of(const tree::Node& lease, const Member& member);

/// To POST when `resource_version` is empty, else to PUT.
std::string member_body(const Member& member,
                        std::string_view resource_version,
                        base::Timestamp now,
                        const LeaseTimes& times = {});

/// The agents of an instance, from their Leases as they are listed now and then. One that shows no
/// sign of life for its Lease's duration does not count; all that are seen first do.
class Members {
public:
    using Clock = Election::Clock;
    struct Count {
        std::size_t agents = 0;
        std::size_t serving = 0;  ///< of these, with the generation that was asked for
    };

    /// A LeaseList, selected by the instance's label.
    void saw(const tree::Node& list, Clock::time_point now);
    Count count(std::string_view generation, Clock::time_point now) const;

private:
    struct Seen {
        LeaseState lease;
        std::string generation;
        Clock::time_point changed;
    };
    std::map<std::string, Seen, std::less<>> members_;
};

}  // namespace gatefile::agent
