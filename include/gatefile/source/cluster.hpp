// SPDX-License-Identifier: Apache-2.0
//
// The objects of a cluster, followed: listed and watched kind by kind, Secrets and ConfigMaps by
// name. A kind that is missing or forbidden is empty and degrades nothing else.
//
// What is believed: an object that was seen to be deleted is gone, unless its whole kind is going
// (a CustomResourceDefinition is being removed). An object that a new list lacks is gone, unless
// the list is suddenly short: it has none of a kind's objects (others of their names do not count),
// or lacks more than a quarter and more than ten. Then they are held: served on until they come
// back, are seen to be deleted, or release() is called. A Secret that is gone is served on while
// something refers to it, and marked (Meta::gone); one whose new certificate and key do not fit
// together, or that has lost one of them, is served on with the pair that it had.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/api/snapshot.hpp"
#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/source/api_server.hpp"

namespace gatefile::source {

struct ClusterSettings {
    std::vector<std::string> namespaces;  ///< --watch-namespace; empty: all
    std::optional<std::chrono::milliseconds> poll;
    /// Told of each object as the API server sent it, again whenever it changed; may be empty.
    std::function<void(const diag::ObjectRef&, std::string api_version, const tree::Node&)> seen =
        {};
    /// Only these are followed; empty: all.
    std::vector<std::string_view> kinds = {};
    /// What good_pairs() of another Cluster gave before.
    std::vector<std::shared_ptr<const api::Secret>> good_pairs = {};
};

/// What counts of a cluster that stands beside the one with the Gateways.
inline constexpr std::array member_kinds{std::string_view("Service"),
                                         std::string_view("EndpointSlice")};

/// What an operator wants to know, once each.
struct ClusterNews {
    enum class Kind : std::uint8_t {
        Synced,
        Degraded,   ///< missing, forbidden or failing; `problem` says which
        Restarted,  ///< a watch began again; `problem` is the reason in a word
        Held,       ///< objects are served on though the API server lists them no more
    };
    Kind kind = Kind::Synced;
    std::string resource;  ///< "HTTPRoute", "Secret web/tls"
    std::string problem;
    std::optional<Action> denied;  ///< what RBAC refused
};

/// What of an object only its status needs.
struct Live {
    std::string resource_version;
    std::string uid;
    std::string status;  ///< JSON; empty: none
};

/// What is followed, and what is the matter with it.
struct KindState {
    enum class Fault : std::uint8_t {
        None,       ///< synced, or nothing is known yet
        Missing,    ///< the API server does not know the resource
        Forbidden,  ///< we may not read it
        Failing,    ///< no answer, or one that is of no use
    };
    std::string_view kind;
    std::string resource;  ///< "HTTPRoute", "Secret web/tls"
    bool synced = false;
    bool listed = false;  ///< once at least
    Fault fault = Fault::None;
    std::string problem;
    std::optional<Action> denied = {};  ///< what RBAC refused
};

class Cluster {
public:
    using Clock = std::chrono::steady_clock;

    Cluster(ClusterSettings settings,
            ApiServer& server,
            std::function<void(const ClusterNews&)> tell);
    ~Cluster();
    Cluster(const Cluster&) = delete;
    Cluster& operator=(const Cluster&) = delete;

    std::optional<Clock::time_point> due() const;
    void turn(Clock::time_point now);

    /// Every kind was listed once, or cannot be; so were the objects that follow() asked for.
    bool ready() const;
    /// Every kind was listed once. What is missing or forbidden was not.
    bool listed() const;
    /// Whether something that is read changed since the last call.
    bool take_changed();
    /// The objects that are there, and those that are held.
    std::shared_ptr<const api::Snapshot> snapshot() const;
    /// What could not be decoded; the object stays as it was, as long as the API server has it.
    const diag::Diagnostics& refused() const;

    /// The Secrets and ConfigMaps that are needed from now on, and no others. Whether that is
    /// another set than before.
    bool follow(const std::set<diag::ObjectRef>& wanted);

    /// The objects with a status that were written by anyone since the last call.
    std::vector<diag::ObjectRef> take_touched();
    /// The objects whose status names a controller.
    std::vector<diag::ObjectRef> told_by(std::string_view controller_name) const;

    /// Null when the API server has no such object, or it is none of a kind with a status.
    const Live* live(const diag::ObjectRef& object) const;
    /// Puts in what a write of ours answered, so that the next one starts from it.
    void note_live(const diag::ObjectRef& object, const tree::Node& answered);

    /// The Secrets that something refers to as they last had a certificate and a key that fit
    /// together. Such a pair is served on while its Secret has one that does not fit.
    std::vector<std::shared_ptr<const api::Secret>> good_pairs() const;
    /// Whether these may have changed since the last call.
    bool take_pairs_changed();

    std::size_t held() const;
    /// Believes that what is held is gone.
    void release();
    /// Of each kind that is followed as a whole.
    std::vector<KindState> states() const;
    /// Of the Secrets and ConfigMaps that follow() asked for.
    std::vector<KindState> states_by_name() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

struct ReadOnce {
    std::chrono::seconds limit{30};
    std::function<void(const ClusterNews&)> degraded;  ///< told of each kind that cannot be read
    /// Which Secrets, ConfigMaps and the like are wanted, too; empty: none.
    std::function<std::vector<diag::ObjectRef>(const api::Snapshot&)> needed = {};
};

/// The objects of a cluster as they are now. An Error when the API
/// server does not answer within the limit.
base::Result<std::shared_ptr<const api::Snapshot>>
read_cluster(const AccessSettings& settings, ClusterSettings cluster, ReadOnce once);

/// "/apis/.../httproutes/NAME/status" and what RBAC calls a patch of it.
/// `api_version` may be empty.
ApiCall status_call(const diag::ObjectRef& object, std::string_view api_version);

}  // namespace gatefile::source
