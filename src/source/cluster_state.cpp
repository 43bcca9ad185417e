// SPDX-License-Identifier: Apache-2.0
#include "cluster_state.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "gatefile/source/good_pair.hpp"
#include "gatefile/tree/read.hpp"
#include "live.hpp"

namespace gatefile::source {

namespace {

/// Where more objects of one kind are wanted of one namespace, one watch of all of them, filtered
/// here, costs less than one for each; if it is permitted.
constexpr std::size_t most_by_name = 16;

/// Whether a list that lacks so many of the objects that we have needs more evidence than itself.
/// `same`: how many of those that it has are the ones that we know, and not others of their names,
/// as a cluster that was set up anew has them.
bool is_suddenly_short(std::size_t had, std::size_t lost, std::size_t same) {
    return lost > 0 && (same == 0 || (lost > 10 && lost * 4 > had));
}

KindState::Fault fault_of(WatchState state) {
    switch (state) {
    case WatchState::Starting:
    case WatchState::Synced:
        return KindState::Fault::None;
    case WatchState::Missing:
        return KindState::Fault::Missing;
    case WatchState::Forbidden:
        return KindState::Fault::Forbidden;
    case WatchState::Failing:
        return KindState::Fault::Failing;
    }
    return KindState::Fault::None;
}

bool is_of(const WatchTarget& target, const diag::ObjectRef& ref) {
    return ref.kind == target.resource->kind && (target.ns.empty() || ref.ns == target.ns) &&
           (target.name.empty() || ref.name == target.name);
}

/// An object deeper than what is read of manifests is refused by itself: nothing else of its kind
/// is on its account, and whatever goes through an object may recurse.
std::optional<api::AnyObject> decode(std::string_view kind,
                                     const diag::ObjectRef& ref,
                                     const tree::Node& object,
                                     diag::Diagnostics& found) {
    constexpr std::size_t deepest = tree::Limits{}.depth;
    if (!is_deeper_than(object, deepest)) return api::decode_object(kind, object, found);
    found.add({.code = diag::Code::InputSyntax,
               .object = ref,
               .path = {},
               .detail = fmt::format("lists and maps are nested more than {} deep", deepest),
               .hint = {},
               .parent = {},
               .listener = {},
               .absent = {},
               .at = {}});
    return std::nullopt;
}

bool is_same(const diag::Diagnostics& a, const diag::Diagnostics& b) {
    return std::ranges::equal(
        a.items(), b.items(), [](const diag::Diagnostic& one, const diag::Diagnostic& other) {
            return one.code == other.code && one.path == other.path && one.detail == other.detail;
        });
}

bool is_same_pair(const api::Secret& a, const api::Secret& b) {
    return *a.find("tls.crt") == *b.find("tls.crt") && *a.find("tls.key") == *b.find("tls.key");
}

}  // namespace

Action denied_list(const WatchTarget& target) {
    return {.verb = "list",
            .group = std::string(target.resource->group),
            .resource = std::string(target.resource->plural),
            .ns = target.ns,
            .name = target.name};
}

std::string Cluster::State::label(const WatchTarget& target) {
    std::string text(target.resource->kind);
    if (!target.ns.empty()) text += " " + target.ns;
    if (!target.name.empty()) text += "/" + target.name;
    return text;
}

KindState Cluster::State::state_of(const Feed& feed) {
    const Watch& watch = *feed.watch;
    KindState state{.kind = watch.target().resource->kind,
                    .resource = label(watch.target()),
                    .synced = watch.state() == WatchState::Synced,
                    .listed = feed.is_listed,
                    .fault = fault_of(watch.state()),
                    .problem = watch.problem()};
    if (state.fault == KindState::Fault::Forbidden) state.denied = denied_list(watch.target());
    return state;
}

void Cluster::State::add_feed(const Resource& resource, std::string ns, std::string name) {
    auto feed = std::make_unique<Feed>();
    Feed& here = *feed;
    WatchHandlers handlers{
        .list_begins =
            [&here] {
                here.listed.clear();
                here.refused.clear();
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
    if (!resource.by_name) {
        feeds.push_back(std::move(feed));
    } else {
        by_name.insert_or_assign({std::string(resource.kind), std::move(ns), std::move(name)},
                                 std::move(feed));
    }
}

void Cluster::State::put(Feed& feed, const tree::Node& object) {
    const Resource& resource = *feed.watch->target().resource;
    const diag::ObjectRef ref = ref_of(resource.kind, object);
    if (resource.by_name && !wanted.contains(ref)) return;
    diag::Diagnostics found;
    auto decoded = decode(resource.kind, ref, object, found);
    if (!decoded) {
        refuse(feed, ref, object, std::move(found));
        return;
    }
    changed = refused_objects.erase(ref) > 0 || changed;
    if (settings.seen) {
        const std::string group(resource.group);
        const std::string version(feed.watch->version());
        settings.seen(ref, group.empty() ? version : group + "/" + version, object);
    }
    if (auto good = good_pair(ref, *decoded)) *decoded = std::move(good);
    Taken taken{.object = std::move(*decoded),
                .live = resource.has_status ? live_of(object) : Live{}};
    if (feed.in_list) {
        feed.refused.erase(ref);
        feed.listed.insert_or_assign(ref, std::move(taken));
    } else {
        take(std::move(taken), ref);
    }
}

/// The object stays as it was, and that is said at once.
void Cluster::State::refuse(Feed& feed,
                            const diag::ObjectRef& ref,
                            const tree::Node& object,
                            diag::Diagnostics found) {
    if (feed.in_list) feed.refused.insert_or_assign(ref, live_of(object).uid);
    diag::Diagnostics& known = refused_objects[ref];
    changed = changed || !is_same(known, found);
    known = std::move(found);
}

/// A Secret without a good pair keeps the one that it had, and that is said. Null: it is to be
/// taken as it is.
std::shared_ptr<const api::Secret> Cluster::State::good_pair(const diag::ObjectRef& ref,
                                                             const api::AnyObject& fresh) {
    const auto* secret = std::get_if<std::shared_ptr<const api::Secret>>(&fresh);
    if (secret == nullptr) return nullptr;
    const auto known = good_pairs.find(ref);
    const bool is_known = known != good_pairs.end();
    if (has_good_pair(**secret)) {
        const api::Meta* before = store.find(ref);
        const bool is_same = is_known && is_same_pair(*known->second, **secret);
        pairs_changed = pairs_changed || !is_same || (before != nullptr && before->gone);
        good_pairs.insert_or_assign(ref, *secret);
        return nullptr;
    }
    if (!is_known) return nullptr;
    KeptPair kept = keep_pair(*known->second, **secret);
    diag::Diagnostics found;
    found.add(std::move(kept.why));
    refused_objects[ref] = std::move(found);
    changed = true;
    return std::move(kept.secret);
}

void Cluster::State::forget_pairs(const std::function<bool(const diag::ObjectRef&)>& is_over) {
    const auto gone =
        std::erase_if(good_pairs, [&](const auto& entry) { return is_over(entry.first); });
    pairs_changed = pairs_changed || gone > 0;
}

void Cluster::State::mark_gone(const diag::ObjectRef& ref) {
    if (!store.mark_gone(ref, true)) return;
    changed = true;
    pairs_changed = true;
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
        feed.refused.erase(ref);
        return;
    }
    live.erase(ref);
    changed = refused_objects.erase(ref) > 0 || changed;
    if (resource.by_name) {
        mark_gone(ref);
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
    // What is served stays, but the conditions say so.
    changed = true;
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
    std::erase_if(found, [&target](const diag::ObjectRef& ref) { return !is_of(target, ref); });
    return found;
}

void Cluster::State::forget_what_lists_lack(const Feed& feed) {
    const auto is_gone = [&](const diag::ObjectRef& ref) {
        return is_of(feed.watch->target(), ref) && !feed.listed.contains(ref) &&
               !feed.refused.contains(ref);
    };
    const auto gone =
        std::erase_if(refused_objects, [&](const auto& entry) { return is_gone(entry.first); });
    changed = changed || gone > 0;
    // Of a Secret that went before anything of it was taken nothing is served on.
    forget_pairs([&](const diag::ObjectRef& ref) {
        return is_gone(ref) && store.find(ref) == nullptr;
    });
}

void Cluster::State::end_list(Feed& feed) {
    const WatchTarget& target = feed.watch->target();
    const std::vector<diag::ObjectRef> before = objects_of(target);
    const auto uid_in_list = [&feed](const diag::ObjectRef& ref) -> const std::string* {
        const auto listed = feed.listed.find(ref);
        if (listed != feed.listed.end()) return &api::meta_of(listed->second.object).uid;
        const auto refused_one = feed.refused.find(ref);
        return refused_one != feed.refused.end() ? &refused_one->second : nullptr;
    };
    std::set<diag::ObjectRef> lost;
    std::size_t same = 0;
    for (const diag::ObjectRef& ref : before) {
        const std::string* const uid = uid_in_list(ref);
        if (uid == nullptr) {
            if (!held.contains(ref)) lost.insert(ref);
        } else if (*uid == store.find(ref)->uid) {
            ++same;
        }
    }
    feed.in_list = false;
    forget_what_lists_lack(feed);
    for (auto& [ref, taken] : feed.listed)
        take(std::move(taken), ref);
    for (const auto& [ref, uid] : feed.refused)
        changed = held.erase(ref) > 0 || changed;
    feed.listed.clear();
    feed.refused.clear();

    if (target.resource->by_name) {
        for (const diag::ObjectRef& ref : lost)
            mark_gone(ref);
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
        feed.is_listed = true;
        break;
    case WatchState::Forbidden:
        news.denied = denied_list(target);
        if (target.resource->by_name && target.name.empty()) {
            // The next reading asks for each by its name.
            narrowed.insert({std::string(target.resource->kind), target.ns, {}});
            changed = true;
            return;
        }
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

/// What to watch for these objects: each by its name, or many of a namespace together.
std::set<diag::ObjectRef>
Cluster::State::watches_for(const std::set<diag::ObjectRef>& objects) const {
    std::map<diag::ObjectRef, std::size_t> together;
    for (const diag::ObjectRef& ref : objects)
        ++together[{ref.kind, ref.ns, {}}];
    std::set<diag::ObjectRef> watches;
    for (const diag::ObjectRef& ref : objects) {
        const diag::ObjectRef all{ref.kind, ref.ns, {}};
        const bool many = together[all] > most_by_name && !narrowed.contains(all);
        watches.insert(many ? all : ref);
    }
    return watches;
}

}  // namespace gatefile::source
