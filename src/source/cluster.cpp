// SPDX-License-Identifier: Apache-2.0
#include "gatefile/source/cluster.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "deletions.hpp"
#include "gatefile/api/store.hpp"
#include "live.hpp"
#include "resource.hpp"
#include "watch.hpp"

namespace gatefile::source {

namespace {

using namespace std::chrono_literals;

/// A Secret that does not come within this time does not keep the others waiting.
constexpr auto longest_wait_by_name = 3s;

/// Whether a list that lacks so many of the objects that we have needs more evidence than itself.
/// `same`: how many of those that it has are the ones that we know, and not others of their names,
/// as a cluster that was set up anew has them.
bool is_suddenly_short(std::size_t had, std::size_t lost, std::size_t same) {
    return lost > 0 && (same == 0 || (lost > 10 && lost * 4 > had));
}

}  // namespace

struct Cluster::State {
    struct Taken {
        api::AnyObject object;
        Live live;
    };
    /// A watch and what its list has brought so far.
    struct Feed {
        std::unique_ptr<Watch> watch;
        std::map<diag::ObjectRef, Taken> listed;
        bool in_list = false;
        bool resolved = false;  ///< listed once, or known to be out of reach
    };

    State(ClusterSettings settings_given, ApiServer& server_given, auto tell_given)
        : settings(std::move(settings_given)), server(server_given), tell(std::move(tell_given)),
          deletions(server, [this](const std::set<diag::ObjectRef>& objects, bool believed) {
              judge(objects, believed);
          }) {}

    void add_feed(const Resource& resource, std::string ns, std::string name);
    void put(Feed& feed, const tree::Node& object);
    void take(Taken taken, const diag::ObjectRef& ref);
    void remove(Feed& feed, const tree::Node& object);
    void drop(const diag::ObjectRef& ref);
    void judge(const std::set<diag::ObjectRef>& objects, bool believed);
    void hold(const std::set<diag::ObjectRef>& objects, const std::string& why);
    void end_list(Feed& feed);
    std::vector<diag::ObjectRef> objects_of(const WatchTarget& target) const;
    void note(Feed& feed, WatchState state, const std::string& problem);
    static std::string label(const WatchTarget& target);

    ClusterSettings settings;
    ApiServer& server;
    std::function<void(const ClusterNews&)> tell;
    api::ObjectStore store;
    std::map<diag::ObjectRef, Live> live;
    std::vector<diag::ObjectRef> touched;
    std::map<diag::ObjectRef, diag::Diagnostics> refused_objects;
    diag::Diagnostics refused;
    std::set<diag::ObjectRef> held;
    std::vector<std::unique_ptr<Feed>> feeds;
    std::map<diag::ObjectRef, std::unique_ptr<Feed>> by_name;
    Deletions deletions;
    bool changed = false;
};

std::string Cluster::State::label(const WatchTarget& target) {
    std::string text(target.resource->kind);
    if (!target.ns.empty()) text += " " + target.ns;
    if (!target.name.empty()) text += "/" + target.name;
    return text;
}

void Cluster::State::add_feed(const Resource& resource, std::string ns, std::string name) {
    auto feed = std::make_unique<Feed>();
    Feed& here = *feed;
    WatchHandlers handlers{
        .list_begins =
            [&here] {
                here.listed.clear();
                here.in_list = true;
            },
        .list_ends = [this, &here] { end_list(here); },
        .put = [this, &here](const tree::Node& object) { put(here, object); },
        .remove = [this, &here](const tree::Node& object) { remove(here, object); },
        .state = [this, &here](WatchState state,
                               const std::string& problem) { note(here, state, problem); },
        .restarted =
            [this, &here](std::string_view reason) {
                tell({.kind = ClusterNews::Kind::Restarted,
                      .resource = std::string(here.watch->target().resource->kind),
                      .problem = std::string(reason),
                      .denied = {}});
            },
    };
    here.watch = std::make_unique<Watch>(server,
                                         WatchTarget{.resource = &resource, .ns = ns, .name = name},
                                         std::move(handlers),
                                         settings.poll);
    if (name.empty()) {
        feeds.push_back(std::move(feed));
    } else {
        by_name.insert_or_assign({std::string(resource.kind), std::move(ns), std::move(name)},
                                 std::move(feed));
    }
}

void Cluster::State::put(Feed& feed, const tree::Node& object) {
    const Resource& resource = *feed.watch->target().resource;
    const diag::ObjectRef ref = ref_of(resource.kind, object);
    diag::Diagnostics found;
    auto decoded = api::decode_object(resource.kind, object, found);
    if (!decoded) {
        refused_objects[ref] = std::move(found);
        return;
    }
    refused_objects.erase(ref);
    Taken taken{.object = std::move(*decoded),
                .live = resource.has_status ? live_of(object) : Live{}};
    if (feed.in_list) {
        feed.listed.insert_or_assign(ref, std::move(taken));
    } else {
        take(std::move(taken), ref);
    }
}

void Cluster::State::take(Taken taken, const diag::ObjectRef& ref) {
    deletions.forget(ref);
    held.erase(ref);
    changed = store.put(std::move(taken.object)) || changed;
    if (taken.live.resource_version.empty()) return;
    Live& known = live[ref];
    if (known.resource_version == taken.live.resource_version) return;
    touched.push_back(ref);
    known = std::move(taken.live);
}

void Cluster::State::remove(Feed& feed, const tree::Node& object) {
    const Resource& resource = *feed.watch->target().resource;
    const diag::ObjectRef ref = ref_of(resource.kind, object);
    if (feed.in_list) {
        feed.listed.erase(ref);
        return;
    }
    live.erase(ref);
    refused_objects.erase(ref);
    if (resource.by_name) {
        changed = store.mark_gone(ref, true) || changed;
    } else if (resource.custom && store.find(ref) != nullptr) {
        deletions.add(resource, feed.watch->version(), ref, store.count(resource.kind));
    } else {
        drop(ref);
    }
}

void Cluster::State::drop(const diag::ObjectRef& ref) {
    live.erase(ref);
    held.erase(ref);
    changed = store.remove(ref) || changed;
}

void Cluster::State::judge(const std::set<diag::ObjectRef>& objects, bool believed) {
    if (believed) {
        for (const diag::ObjectRef& ref : objects)
            drop(ref);
    } else {
        hold(objects, "its CustomResourceDefinition is being removed");
    }
}

void Cluster::State::hold(const std::set<diag::ObjectRef>& objects, const std::string& why) {
    if (objects.empty()) return;
    for (const diag::ObjectRef& ref : objects)
        live.erase(ref);
    held.insert(objects.begin(), objects.end());
    tell({.kind = ClusterNews::Kind::Held,
          .resource = objects.begin()->kind,
          .problem = fmt::format("{} objects, {} among them, are served on: {}",
                                 objects.size(),
                                 objects.begin()->text(),
                                 why),
          .denied = {}});
}

std::vector<diag::ObjectRef> Cluster::State::objects_of(const WatchTarget& target) const {
    std::vector<diag::ObjectRef> found = store.names(target.resource->kind);
    std::erase_if(found, [&target](const diag::ObjectRef& ref) {
        return (!target.ns.empty() && ref.ns != target.ns) ||
               (!target.name.empty() && ref.name != target.name);
    });
    return found;
}

void Cluster::State::end_list(Feed& feed) {
    const WatchTarget& target = feed.watch->target();
    const std::vector<diag::ObjectRef> before = objects_of(target);
    std::set<diag::ObjectRef> lost;
    std::size_t same = 0;
    for (const diag::ObjectRef& ref : before) {
        const auto listed = feed.listed.find(ref);
        if (listed == feed.listed.end()) {
            if (!held.contains(ref)) lost.insert(ref);
        } else if (api::meta_of(listed->second.object).uid == store.find(ref)->uid) {
            ++same;
        }
    }
    feed.in_list = false;
    for (auto& [ref, taken] : feed.listed)
        take(std::move(taken), ref);
    feed.listed.clear();

    if (target.resource->by_name) {
        for (const diag::ObjectRef& ref : lost)
            changed = store.mark_gone(ref, true) || changed;
    } else if (is_suddenly_short(before.size(), lost.size(), same)) {
        hold(lost, "the API server's list is suddenly short of them");
    } else {
        for (const diag::ObjectRef& ref : lost)
            drop(ref);
    }
}

void Cluster::State::note(Feed& feed, WatchState state, const std::string& problem) {
    const WatchTarget& target = feed.watch->target();
    ClusterNews news{.kind = ClusterNews::Kind::Degraded,
                     .resource = label(target),
                     .problem = problem,
                     .denied = {}};
    switch (state) {
    case WatchState::Starting:
        return;
    case WatchState::Synced:
        news.kind = ClusterNews::Kind::Synced;
        feed.resolved = true;
        break;
    case WatchState::Forbidden:
        news.denied = Action{.verb = "list",
                             .group = std::string(target.resource->group),
                             .resource = std::string(target.resource->plural),
                             .ns = target.ns,
                             .name = target.name};
        feed.resolved = true;
        break;
    case WatchState::Missing:
        feed.resolved = true;
        break;
    case WatchState::Failing:
        break;
    }
    tell(news);
}

Cluster::Cluster(ClusterSettings settings,
                 ApiServer& server,
                 std::function<void(const ClusterNews&)> tell)
    : state_(std::make_unique<State>(std::move(settings), server, std::move(tell))) {
    for (const Resource& resource : resources()) {
        if (resource.by_name) continue;
        if (!resource.namespaced || state_->settings.namespaces.empty()) {
            state_->add_feed(resource, {}, {});
            continue;
        }
        for (const std::string& ns : state_->settings.namespaces)
            state_->add_feed(resource, ns, {});
    }
}

Cluster::~Cluster() = default;

std::optional<Cluster::Clock::time_point> Cluster::due() const {
    std::optional<Clock::time_point> next = state_->deletions.due();
    const auto consider = [&next](const State::Feed& feed) {
        const auto at = feed.watch->due();
        if (at && (!next || *at < *next)) next = at;
    };
    for (const auto& feed : state_->feeds)
        consider(*feed);
    for (const auto& [ref, feed] : state_->by_name)
        consider(*feed);
    return next;
}

void Cluster::turn(Clock::time_point now) {
    for (const auto& feed : state_->feeds)
        feed->watch->turn(now);
    for (const auto& [ref, feed] : state_->by_name)
        feed->watch->turn(now);
    state_->deletions.turn(now);
}

bool Cluster::ready() const {
    const auto now = Clock::now();
    const auto resolved = [](const auto& feed) { return feed->resolved; };
    return std::ranges::all_of(state_->feeds, resolved) &&
           std::ranges::all_of(state_->by_name, [now](const auto& entry) {
               const State::Feed& feed = *entry.second;
               return feed.resolved || now - feed.watch->started() > longest_wait_by_name;
           });
}

bool Cluster::take_changed() {
    return std::exchange(state_->changed, false);
}

std::shared_ptr<const api::Snapshot> Cluster::snapshot() const {
    return state_->store.snapshot();
}

const diag::Diagnostics& Cluster::refused() const {
    state_->refused = {};
    for (const auto& [ref, found] : state_->refused_objects)
        state_->refused.append(found);
    return state_->refused;
}

bool Cluster::follow(const std::set<diag::ObjectRef>& wanted) {
    bool differs = std::erase_if(state_->by_name, [this, &wanted](const auto& entry) {
        if (wanted.contains(entry.first)) return false;
        state_->store.remove(entry.first);
        state_->refused_objects.erase(entry.first);
        return true;
    }) > 0;
    for (const diag::ObjectRef& ref : wanted) {
        if (state_->by_name.contains(ref)) continue;
        const auto& namespaces = state_->settings.namespaces;
        if (!namespaces.empty() && std::ranges::count(namespaces, ref.ns) == 0) continue;
        state_->add_feed(resource_of(ref.kind), ref.ns, ref.name);
        differs = true;
    }
    return differs;
}

std::vector<diag::ObjectRef> Cluster::take_touched() {
    return std::exchange(state_->touched, {});
}

std::vector<diag::ObjectRef> Cluster::told_by(std::string_view controller_name) const {
    const std::string wanted = '"' + std::string(controller_name) + '"';
    std::vector<diag::ObjectRef> found;
    for (const auto& [ref, live] : state_->live) {
        if (live.status.find(wanted) != std::string::npos) found.push_back(ref);
    }
    return found;
}

const Live* Cluster::live(const diag::ObjectRef& object) const {
    const auto found = state_->live.find(object);
    return found == state_->live.end() ? nullptr : &found->second;
}

void Cluster::note_live(const diag::ObjectRef& object, const tree::Node& answered) {
    Live live = live_of(answered);
    if (!live.resource_version.empty() && state_->live.contains(object)) {
        state_->live.insert_or_assign(object, std::move(live));
    }
}

std::size_t Cluster::held() const {
    return state_->held.size();
}

void Cluster::release() {
    const std::set<diag::ObjectRef> objects = std::exchange(state_->held, {});
    for (const diag::ObjectRef& ref : objects)
        state_->drop(ref);
}

std::vector<KindState> Cluster::states() const {
    std::vector<KindState> states;
    for (const auto& feed : state_->feeds) {
        states.push_back({.kind = feed->watch->target().resource->kind,
                          .synced = feed->watch->state() == WatchState::Synced,
                          .problem = feed->watch->problem()});
    }
    return states;
}

ApiCall status_call(const diag::ObjectRef& object, std::string_view api_version) {
    const Resource& resource = resource_of(object.kind);
    const std::string_view version = api_version.empty()
                                         ? resource.versions.front()
                                         : api_version.substr(api_version.rfind('/') + 1);
    return {.action = {.verb = "patch",
                       .group = std::string(resource.group),
                       .resource = std::string(resource.plural) + "/status",
                       .ns = object.ns,
                       .name = object.name},
            .path = path_of(resource, version, object.ns, object.name) + "/status",
            .body = {}};
}

}  // namespace gatefile::source
