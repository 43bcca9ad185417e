// SPDX-License-Identifier: Apache-2.0
//
// What a Cluster keeps, and how what its watches bring gets into it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "deletions.hpp"
#include "gatefile/api/store.hpp"
#include "gatefile/source/cluster.hpp"
#include "resource.hpp"
#include "watch.hpp"

namespace gatefile::source {

/// What RBAC refuses when such a target may not be read.
Action denied_list(const WatchTarget& target);

struct Cluster::State {
    struct Taken {
        api::AnyObject object;
        Live live;
    };
    /// A watch and what its list has brought so far.
    struct Feed {
        std::unique_ptr<Watch> watch;
        std::map<diag::ObjectRef, Taken> listed;
        /// What is in the list and could not be taken, by its uid.
        std::map<diag::ObjectRef, std::string> refused;
        bool in_list = false;
        bool resolved = false;  ///< listed once, or known to be out of reach
        bool is_listed = false;
    };

    State(ClusterSettings settings_given, ApiServer& server_given, auto tell_given)
        : settings(std::move(settings_given)), server(server_given), tell(std::move(tell_given)),
          deletions(server, [this](const std::set<diag::ObjectRef>& objects, bool believed) {
              judge(objects, believed);
          }) {
        for (const auto& secret : settings.good_pairs)
            good_pairs.emplace(diag::ObjectRef{"Secret", secret->meta.ns, secret->meta.name},
                               secret);
    }

    void add_feed(const Resource& resource, std::string ns, std::string name);
    void put(Feed& feed, const tree::Node& object);
    void refuse(Feed& feed,
                const diag::ObjectRef& ref,
                const tree::Node& object,
                diag::Diagnostics found);
    std::shared_ptr<const api::Secret> good_pair(const diag::ObjectRef& ref,
                                                 const api::AnyObject& fresh);
    void forget_pairs(const std::function<bool(const diag::ObjectRef&)>& is_over);
    void mark_gone(const diag::ObjectRef& ref);
    void take(Taken taken, const diag::ObjectRef& ref);
    void remove(Feed& feed, const tree::Node& object);
    void drop(const diag::ObjectRef& ref);
    void judge(const std::set<diag::ObjectRef>& objects, bool believed);
    void hold(const std::set<diag::ObjectRef>& objects, const std::string& why);
    void end_list(Feed& feed);
    void forget_what_lists_lack(const Feed& feed);
    std::vector<diag::ObjectRef> objects_of(const WatchTarget& target) const;
    std::set<diag::ObjectRef> watches_for(const std::set<diag::ObjectRef>& objects) const;
    void note(Feed& feed, WatchState state, const std::string& problem);
    static std::string label(const WatchTarget& target);
    static KindState state_of(const Feed& feed);

    ClusterSettings settings;
    ApiServer& server;
    std::function<void(const ClusterNews&)> tell;
    api::ObjectStore store;
    std::map<diag::ObjectRef, Live> live;
    std::vector<diag::ObjectRef> touched;
    std::map<diag::ObjectRef, diag::Diagnostics> refused_objects;
    std::map<diag::ObjectRef, std::shared_ptr<const api::Secret>> good_pairs;
    bool pairs_changed = false;
    diag::Diagnostics refused;
    std::set<diag::ObjectRef> held;
    std::vector<std::unique_ptr<Feed>> feeds;
    /// Of kinds that are followed by name; without a name: all of a namespace that are wanted.
    std::map<diag::ObjectRef, std::unique_ptr<Feed>> by_name;
    std::set<diag::ObjectRef> wanted;    ///< of these kinds
    std::set<diag::ObjectRef> narrowed;  ///< kind and namespace where only names are permitted
    Deletions deletions;
    bool changed = false;
};

}  // namespace gatefile::source
