// SPDX-License-Identifier: Apache-2.0
#include "telling.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace gatefile::agent {

namespace {

std::string publish_problem(const PublishTrouble& trouble) {
    switch (trouble.kind) {
    case PublishTrouble::Kind::None:
        return {};
    case PublishTrouble::Kind::Failed:
        return "the last change is not published: " + trouble.text;
    case PublishTrouble::Kind::Held:
        return "the last change is held back: much of what is served is missing";
    }
    return {};
}

void add_note(std::string& note, const std::string& more) {
    note += note.empty() ? more : "; " + more;
}

std::string words_of(const FaultProbe::SharedFaults& faults) {
    std::string words;
    for (const auto& [name, why] : faults)
        add_note(words, why);
    return words;
}

}  // namespace

status::Loading loading_of(const Situation& situation,
                           const ListenersByEntryPoint& listeners,
                           const Differing& differing,
                           const status::Report& report,
                           const std::optional<Members::Count>& count) {
    const Proof& proof = situation.proof;
    status::Loading loading;
    loading.refused = situation.faults.faults();
    for (const std::string& entry_point : situation.faults.missing_entry_points()) {
        const auto [first, last] = listeners.equal_range(entry_point);
        for (auto entry = first; entry != last; ++entry) {
            loading.refused_listeners[entry->second.first][entry->second.second] =
                fmt::format("Traefik has no entry point {}", entry_point);
        }
    }
    if (situation.held_objects > 0) {
        loading.note = fmt::format(
            "{} objects that the API server has no more are served on; SIGHUP lets them go",
            situation.held_objects);
    }
    if (const auto& hold = situation.keeper.hold()) {
        std::string paused = describe(*hold);
        if (situation.keeper.waiting()) paused += "; changes wait for `gatefile resume`";
        add_note(loading.note, paused);
        for (const status::ObjectStatus& object : report.objects) {
            const bool has_listeners =
                object.object.kind == "Gateway" || object.object.kind == "ListenerSet";
            if (has_listeners && (differing.all || differing.objects.contains(object.object)))
                loading.waiting.emplace(object.object, paused);
        }
    }
    if (situation.trouble.kind != PublishTrouble::Kind::None) {
        loading.state = status::Loading::State::NotLoaded;
        loading.problem = publish_problem(situation.trouble);
    } else if (proof.enabled()) {
        const bool loaded = proof.state() == Proven::Loaded;
        loading.state = loaded ? status::Loading::State::Loaded : status::Loading::State::NotLoaded;
        loading.loaded = loaded ? 1 : 0;
        loading.problem = proof.problem();
    }
    if (count && loading.state != status::Loading::State::Unproven &&
        situation.trouble.kind == PublishTrouble::Kind::None) {
        loading.agents = std::max<std::size_t>(1, count->agents);
        loading.loaded = std::max(loading.loaded, count->serving);
    }
    return loading;
}

LivePicture::State picture_state_of(const Situation& situation) {
    const Proof& proof = situation.proof;
    const auto& faults = situation.faults.faults();
    if (situation.trouble.kind != PublishTrouble::Kind::None)
        return {
            "the last change is not published", "bad", publish_problem(situation.trouble), faults};
    if (situation.keeper.waiting() && situation.keeper.hold())
        return {"not published: paused", "warn", describe(*situation.keeper.hold()), faults};
    if (!proof.enabled()) return {"published", "good", {}, {}};
    switch (proof.state()) {
    case Proven::Nothing:
        return {"nothing is published yet", "warn", {}, {}};
    case Proven::Waiting:
        return {"Traefik has not loaded it yet", "warn", {}, {}};
    case Proven::Loaded:
        if (const auto& shared = situation.faults.shared_faults();
            !faults.empty() || !shared.empty())
            return {"loaded by Traefik, with errors", "bad", words_of(shared), faults};
        return {"loaded by Traefik", "good", {}, {}};
    case Proven::NotLoaded:
        return {"not loaded by Traefik", "bad", proof.problem(), faults};
    }
    return {};
}

}  // namespace gatefile::agent
