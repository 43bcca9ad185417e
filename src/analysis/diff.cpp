// SPDX-License-Identifier: Apache-2.0
#include "gatefile/analysis/diff.hpp"

#include <algorithm>
#include <tuple>

#include "diff_parts.hpp"

namespace gatefile::analysis {
namespace {

auto all_but_subjects(const Difference& difference) {
    return std::tie(difference.code,
                    difference.now,
                    difference.was,
                    difference.before,
                    difference.after,
                    difference.hint);
}

const Place& main_place(const Difference& difference) {
    static const Place none;
    if (difference.after) return *difference.after;
    return difference.before ? *difference.before : none;
}

bool goes_first(const Difference& a, const Difference& b) {
    const diag::Severity a_severity = diag::info(a.code).severity;
    const diag::Severity b_severity = diag::info(b.code).severity;
    if (a_severity != b_severity) return a_severity < b_severity;
    if (const auto order = main_place(a) <=> main_place(b); order != 0) return order < 0;
    return std::tie(a.code, a.subjects, a.now) < std::tie(b.code, b.subjects, b.now);
}

/// The index of a listener in its object's spec, which the configuration does not keep.
template <typename Object>
void refine(const api::Objects<Object>& objects, Place& place) {
    for (const Object& object : objects) {
        if (object.meta.ns != place.object.ns || object.meta.name != place.object.name) continue;
        for (std::size_t i = 0; i < object.listeners.size(); ++i) {
            if (object.listeners[i].name == place.listener) place.path = place.path / i;
        }
    }
}

/// All places of one side, looked up at once.
void locate_side(std::vector<Difference>& differences,
                 std::optional<Place> Difference::*side,
                 const api::Snapshot& snapshot) {
    diag::Diagnostics asked;
    std::vector<Place*> places;
    for (Difference& difference : differences) {
        if (!(difference.*side)) continue;
        Place& place = *(difference.*side);
        if (!place.listener.empty()) {
            place.object.kind == "Gateway" ? refine(snapshot.gateways, place)
                                           : refine(snapshot.listener_sets, place);
        }
        asked.add({.code = difference.code, .object = place.object, .path = place.path});
        places.push_back(&place);
    }
    api::locate(snapshot, asked);
    for (std::size_t i = 0; i < places.size(); ++i)
        places[i]->at = asked.items()[i].at;
}

/// A rule is refused for a reason that is known.
void explain_refusals(std::vector<Difference>& differences, const diag::Diagnostics& found) {
    for (Difference& difference : differences) {
        if (difference.code != diag::Code::DiffPathRefused || !difference.after) continue;
        for (const diag::Diagnostic& item : found.items()) {
            if (item.object != difference.after->object ||
                !item.path.starts_with(difference.after->path) ||
                diag::info(item.code).severity != diag::Severity::Error)
                continue;
            difference.hint = item.detail;
            break;
        }
    }
}

}  // namespace

std::vector<Difference> gathered(std::vector<Difference> differences) {
    const auto order = [](const Difference& a, const Difference& b) {
        return all_but_subjects(a) < all_but_subjects(b);
    };
    std::ranges::stable_sort(differences, order);
    std::vector<Difference> out;
    for (Difference& difference : differences) {
        if (out.empty() || all_but_subjects(out.back()) != all_but_subjects(difference)) {
            out.push_back(std::move(difference));
            continue;
        }
        auto& subjects = out.back().subjects;
        subjects.insert(subjects.end(), difference.subjects.begin(), difference.subjects.end());
    }
    for (Difference& difference : out) {
        auto& subjects = difference.subjects;
        std::ranges::sort(subjects);
        subjects.erase(std::unique(subjects.begin(), subjects.end()), subjects.end());
    }
    std::ranges::sort(out, goes_first);
    return out;
}

std::vector<Difference>
diff(const ir::Config& before, const ir::Config& after, const DiffSettings& settings) {
    Numbers numbers;
    const View old_view(before, numbers);
    const View new_view(after, numbers);
    std::vector<Difference> found;
    Touched touched;
    diff_http(old_view, new_view, touched, found);
    diff_tls(old_view, new_view, found);
    diff_listeners(old_view, new_view, found);
    diff_streams(old_view, new_view, found);
    if (settings.endpoints) diff_endpoints(before, after, found);
    diff_no_effect(old_view, new_view, touched, found);
    return gathered(std::move(found));
}

void locate(std::vector<Difference>& differences, const DiffSide& before, const DiffSide& after) {
    locate_side(differences, &Difference::before, before.snapshot);
    locate_side(differences, &Difference::after, after.snapshot);
    explain_refusals(differences, after.found);
}

DiffCounts count(const std::vector<Difference>& differences) {
    DiffCounts counts;
    for (const Difference& difference : differences) {
        switch (diag::info(difference.code).severity) {
        case diag::Severity::Error:
            ++counts.breaking;
            break;
        case diag::Severity::Warning:
            ++counts.changes;
            break;
        case diag::Severity::Note:
            if (difference.code != diag::Code::DiffNoEffect) ++counts.harmless;
            break;
        }
    }
    return counts;
}

}  // namespace gatefile::analysis
