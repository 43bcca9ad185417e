// SPDX-License-Identifier: Apache-2.0
#include "gatefile/source/cluster.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

#include "cluster_state.hpp"
#include "live.hpp"

namespace gatefile::source {

namespace {

using namespace std::chrono_literals;

/// An object that does not come within this time does not keep the others waiting.
constexpr auto longest_wait_by_name = 3s;

}  // namespace

Cluster::Cluster(ClusterSettings settings,
                 ApiServer& server,
                 std::function<void(const ClusterNews&)> tell)
    : state_(std::make_unique<State>(std::move(settings), server, std::move(tell))) {
    for (const Resource& resource : resources()) {
        const auto& kinds = state_->settings.kinds;
        const bool is_wanted = kinds.empty() || std::ranges::count(kinds, resource.kind) > 0;
        if (resource.by_name || !is_wanted) continue;
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

bool Cluster::listed() const {
    return std::ranges::all_of(state_->feeds, [](const auto& feed) { return feed->is_listed; });
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
    State& state = *state_;
    std::set<diag::ObjectRef> here = wanted;
    const auto& namespaces = state.settings.namespaces;
    std::erase_if(here, [&namespaces](const diag::ObjectRef& ref) {
        return !namespaces.empty() && !ref.ns.empty() &&
               std::ranges::count(namespaces, ref.ns) == 0;
    });
    const std::set<diag::ObjectRef> watches = state.watches_for(here);
    const auto is_known = [&](const diag::ObjectRef& watch) {
        if (!state.by_name.contains(watch)) return false;
        // What was filtered out so far has to be listed again.
        return !watch.name.empty() || std::ranges::all_of(here, [&](const diag::ObjectRef& ref) {
            return ref.kind != watch.kind || ref.ns != watch.ns || state.wanted.contains(ref);
        });
    };
    bool differs = here != state.wanted;
    for (const diag::ObjectRef& ref : state.wanted) {
        if (here.contains(ref)) continue;
        state.store.remove(ref);
        state.refused_objects.erase(ref);
    }
    // What refers to a Secret is known once all else was listed.
    if (std::ranges::all_of(state.feeds, [](const auto& feed) { return feed->resolved; }))
        state.forget_pairs([&here](const diag::ObjectRef& ref) { return !here.contains(ref); });
    std::erase_if(state.by_name, [&](const auto& entry) { return !watches.contains(entry.first); });
    std::vector<diag::ObjectRef> news;
    std::ranges::copy_if(watches, std::back_inserter(news), std::not_fn(is_known));
    state.wanted = std::move(here);
    for (const diag::ObjectRef& watch : news)
        state.add_feed(resource_of(watch.kind), watch.ns, watch.name);
    return differs || !news.empty();
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

std::vector<std::shared_ptr<const api::Secret>> Cluster::good_pairs() const {
    std::vector<std::shared_ptr<const api::Secret>> pairs;
    for (const auto& [ref, secret] : state_->good_pairs) {
        const api::Meta* meta = state_->store.find(ref);
        if (meta == nullptr || !meta->gone) pairs.push_back(secret);
    }
    return pairs;
}

bool Cluster::take_pairs_changed() {
    return std::exchange(state_->pairs_changed, false);
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
    for (const auto& feed : state_->feeds)
        states.push_back(State::state_of(*feed));
    return states;
}

std::vector<KindState> Cluster::states_by_name() const {
    std::vector<KindState> states;
    for (const auto& [object, feed] : state_->by_name)
        states.push_back(State::state_of(*feed));
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
