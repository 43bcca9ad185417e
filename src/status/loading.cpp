// SPDX-License-Identifier: Apache-2.0
#include "gatefile/status/loading.hpp"

#include <memory>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "fold.hpp"

namespace gatefile::status {
namespace {

class Marker {
public:
    explicit Marker(const Loading& loading) : loading_(loading) {
        if (loading.agents > 1) {
            count_ = fmt::format("served by {} of {} Traefiks", loading.loaded, loading.agents);
        }
        pending_ = loading.problem.empty() ? "Traefik has not loaded it" : loading.problem;
        if (!count_.empty()) pending_ += "; " + count_;
    }

    /// `subject` as in "The Gateway".
    void mark(std::vector<Condition>& conditions,
              std::string_view subject,
              const std::string& waiting) const {
        for (Condition& condition : conditions) {
            if (condition.type != "Programmed" || !condition.status) continue;
            if (loading_.state == Loading::State::NotLoaded || !waiting.empty()) {
                condition = make_condition("Programmed",
                                           false,
                                           "Pending",
                                           waiting.empty() ? pending_ : waiting,
                                           condition.observed_generation);
            } else {
                if (!count_.empty()) condition.message = fmt::format("{} is {}", subject, count_);
                if (!loading_.note.empty()) condition.message += "; " + loading_.note;
            }
        }
    }

private:
    const Loading& loading_;
    std::string count_;
    std::string pending_;
};

void add_refusal(ObjectStatus& route, const std::string& why) {
    for (RouteParentStatus& parent : route.parents) {
        const std::int64_t generation =
            parent.conditions.empty() ? 0 : parent.conditions.front().observed_generation;
        parent.conditions.push_back(
            make_condition("gatefile.dev/Loaded", false, "RefusedByTraefik", why, generation));
    }
}

void refuse(std::vector<Condition>& conditions, const std::string& why) {
    for (Condition& condition : conditions) {
        if (condition.type != "Programmed" || !condition.status) continue;
        condition =
            make_condition("Programmed", false, "Invalid", why, condition.observed_generation);
    }
}

void refuse_listeners(ObjectStatus& object, const std::map<std::string, std::string>& refused) {
    for (ListenerStatus& listener : object.listeners) {
        const auto why = refused.find(listener.name);
        if (why == refused.end()) continue;
        refuse(listener.conditions, why->second);
        refuse(object.conditions, "listener " + listener.name + ": " + why->second);
    }
}

/// Of a Gateway or ListenerSet.
void mark_listeners(ObjectStatus& object, const Marker& marker, const Loading& loading) {
    if (const auto refused = loading.refused_listeners.find(object.object);
        refused != loading.refused_listeners.end()) {
        refuse_listeners(object, refused->second);
    }
    const auto waits = loading.waiting.find(object.object);
    const std::string waiting = waits == loading.waiting.end() ? "" : waits->second;
    marker.mark(object.conditions, "The " + object.object.kind, waiting);
    for (ListenerStatus& listener : object.listeners) {
        marker.mark(listener.conditions, "The listener", waiting);
    }
}

}  // namespace

Report with_loading(Report report, const Loading& loading) {
    const Marker marker(loading);
    for (auto& shared : report.objects.pointers()) {
        const auto refused = loading.refused.find(shared->object);
        const bool is_refused = refused != loading.refused.end();
        const bool has_listeners =
            shared->object.kind == "Gateway" || shared->object.kind == "ListenerSet";
        if (!is_refused && !has_listeners) continue;
        auto object = std::make_shared<ObjectStatus>(*shared);
        if (is_refused) add_refusal(*object, refused->second);
        if (has_listeners) mark_listeners(*object, marker, loading);
        shared = std::move(object);
    }
    return report;
}

}  // namespace gatefile::status
