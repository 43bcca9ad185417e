// SPDX-License-Identifier: Apache-2.0
#include "diff_point.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "diff_witness.hpp"

namespace gatefile::analysis {
namespace {

constexpr std::size_t no_answer = static_cast<std::size_t>(-1);

std::size_t answer_number(const View& view, const std::optional<ir::Outcome>& outcome) {
    return outcome ? view.answer_number(view.entry(*outcome).rule) : no_answer;
}

std::string rule_text(const Place& place) {
    return place.object.text() + " " + place.path.text();
}

bool same_hostnames(const std::vector<View::Link>& a, const std::vector<View::Link>& b) {
    return std::ranges::equal(a, b, {}, &View::Link::hostname, &View::Link::hostname);
}

/// The longest run of positions that grows; what is not in it changed places.
std::vector<bool> in_order(const std::vector<std::size_t>& positions) {
    std::vector<std::size_t> ends;  // of the best run of each length
    std::vector<std::size_t> lengths;
    for (const std::size_t position : positions) {
        const auto at = std::ranges::lower_bound(ends, position);
        lengths.push_back(static_cast<std::size_t>(at - ends.begin()));
        if (at == ends.end()) {
            ends.push_back(position);
        } else {
            *at = position;
        }
    }
    std::vector<bool> kept(positions.size(), false);
    std::size_t wanted = ends.size();
    for (std::size_t i = positions.size(); i > 0 && wanted > 0; --i) {
        if (lengths[i - 1] + 1 != wanted) continue;
        kept[i - 1] = true;
        --wanted;
    }
    return kept;
}

/// Numbers of the matches of entries that one side lacks, or that changed places among the others.
/// A request is answered otherwise only where one of these takes it on some side.
std::set<std::size_t> changed_matches(const Content& before, const Content& after) {
    std::set<std::size_t> changed;
    std::map<std::pair<std::size_t, std::size_t>, std::size_t> places;
    for (std::size_t i = 0; i < after.size(); ++i) {
        if (!places.emplace(after[i], i).second) changed.insert(after[i].first);
    }
    std::vector<std::size_t> positions;
    std::vector<std::size_t> matches;
    std::set<std::size_t> common;
    for (const auto& entry : before) {
        const auto at = places.find(entry);
        if (at == places.end() || !common.insert(at->second).second) {
            changed.insert(entry.first);
            continue;
        }
        positions.push_back(at->second);
        matches.push_back(entry.first);
    }
    for (const auto& [entry, place] : places) {
        if (!common.contains(place)) changed.insert(entry.first);
    }
    const std::vector<bool> kept = in_order(positions);
    for (std::size_t i = 0; i < matches.size(); ++i) {
        if (!kept[i]) changed.insert(matches[i]);
    }
    return changed;
}

/// Whether the path or one above it is in the set.
bool is_below(std::string path, const std::set<std::string>& paths) {
    for (;;) {
        if (paths.contains(path)) return true;
        const std::size_t slash = path.rfind('/');
        if (slash == std::string::npos || path == "/") return false;
        path.resize(slash == 0 ? 1 : slash);
    }
}

/// Where nobody answers it is 404.
const Answer& nobody() {
    static const Answer answer;
    return answer;
}

}  // namespace

void PointDiff::compare(const Door& door, const std::string& hostname) {
    Point point{.door = door, .hostname = hostname};
    point.before = before_.chain(door, hostname);
    point.after = after_.chain(door, hostname);
    if (point.before == point.after) return;
    const std::size_t listener = *after_.listener(door, hostname);
    point.port = after_.config().listeners[listener].sources.front().port;
    // Where other hosts are tried, all that they have may be answered otherwise; else each of them
    // is compared by itself.
    const bool wider = !same_hostnames(point.before, point.after);
    gather(point, before_, true, wider);
    gather(point, after_, false, wider);
    if (!wider) keep_affected(point);
    for (Candidate& candidate : point.candidates)
        try_alone(point, candidate);
    try_meetings(point);
}

void PointDiff::gather(Point& point, const View& view, bool is_before, bool wider) {
    const std::size_t listener = *view.listener(point.door, point.hostname);
    for (const View::Link& link : is_before ? point.before : point.after) {
        const bool own = link.hostname == point.hostname;
        if (!own && !wider) continue;
        const Content& content = view.content(listener, link.host);
        if (!own && !spend(content.size() * content.size())) {
            const std::string text = host_text(point.door, point.hostname, point.port);
            report_unknown(text, "has more to compare than is tried", {}, {});
            return;
        }
        const auto& entries = view.config().listeners[listener].hosts[link.host].entries;
        for (std::size_t i = 0; i < entries.size(); ++i) {
            const std::size_t number = content[i].first;
            const auto [at, is_new] = point.by_number.emplace(number, point.candidates.size());
            if (is_new) point.candidates.push_back({.match = &entries[i].match, .number = number});
            Candidate& candidate = point.candidates[at->second];
            (is_before ? candidate.in_before : candidate.in_after) |= own;
        }
    }
}

void PointDiff::keep_affected(Point& point) {
    static const Content none;
    const auto content = [&](const View& view) -> const Content& {
        const std::size_t listener = *view.listener(point.door, point.hostname);
        const auto host = view.host(listener, point.hostname);
        return host ? view.content(listener, *host) : none;
    };
    const std::set<std::size_t> changed = changed_matches(content(before_), content(after_));
    std::set<std::string> paths;
    bool pattern = false;
    for (const Candidate& candidate : point.candidates) {
        if (!changed.contains(candidate.number)) continue;
        paths.insert(candidate.match->path.value);
        pattern = pattern || candidate.match->path.kind == ir::PathKind::Regex;
    }
    if (pattern) return;
    std::erase_if(point.candidates, [&](const Candidate& candidate) {
        return !has_conditions(*candidate.match) && !is_below(candidate.match->path.value, paths);
    });
}

PointDiff::Asked PointDiff::ask(ir::Request request) {
    auto before = before_.ask(request);
    auto after = after_.ask(request);
    return {std::move(request), before, after};
}

std::pair<std::size_t, std::size_t> PointDiff::numbers(const Asked& asked) const {
    return {answer_number(before_, asked.before), answer_number(after_, asked.after)};
}

bool PointDiff::differs(const Asked& asked) const {
    const auto [before, after] = numbers(asked);
    return before != after;
}

void PointDiff::try_alone(Point& point, Candidate& candidate) {
    std::vector<Asked> all;
    for (ir::Request& request :
         witnesses(*candidate.match, point.door, witness_host(point.hostname))) {
        all.push_back(ask(std::move(request)));
    }
    // The path itself, and one below it.
    for (std::size_t i = 0; i < all.size() && i < 2; ++i)
        candidate.requests.push_back(all[i].request);
    const bool shadowed = is_shadowed(point, candidate, all);
    const std::string subject =
        subject_of(*candidate.match, point.door, point.hostname, point.port);
    bool found = false;
    for (const Asked& asked : all) {
        if (!differs(asked)) continue;
        found = true;
        report(point, subject, asked, shadowed);
    }
    if (!found && candidate.in_before != candidate.in_after && has_pattern(*candidate.match)) {
        const auto any = all.empty() ? Asked{} : all.front();
        report_unknown(subject,
                       candidate.in_after
                           ? "is a new match, and no example of it is answered otherwise"
                           : "is no match any more, and no example of it is answered otherwise",
                       any.before ? before_.place(before_.entry(*any.before).rule) : Place{},
                       any.after ? after_.place(after_.entry(*any.after).rule) : Place{});
    }
}

void PointDiff::try_meetings(Point& point) {
    for (std::size_t i = 0; i < point.candidates.size(); ++i) {
        const Candidate& a = point.candidates[i];
        if (a.requests.empty() || !has_conditions(*a.match)) continue;
        if (!spend(point.candidates.size())) break;
        for (std::size_t k = 0; k < point.candidates.size(); ++k) {
            const Candidate& b = point.candidates[k];
            // Two with conditions meet once.
            if (k == i || b.requests.empty() || (k < i && has_conditions(*b.match))) continue;
            meet(point, a, b);
        }
    }
    if (budget_ == 0)
        report_unknown(host_text(point.door, point.hostname, point.port),
                       "has more matches that meet than are compared",
                       {},
                       {});
}

void PointDiff::meet(Point& point, const Candidate& a, const Candidate& b) {
    for (std::size_t i = 0; i < a.requests.size() || i < b.requests.size(); ++i) {
        auto request = meeting(a.requests[std::min(i, a.requests.size() - 1)],
                               *a.match,
                               b.requests[std::min(i, b.requests.size() - 1)],
                               *b.match);
        if (!request || !spend(point.candidates.size() * 2)) continue;
        const Asked asked = ask(std::move(*request));
        if (!differs(asked) || point.told.contains(numbers(asked))) continue;
        report(point, subject_of(asked.request, point.hostname, point.port), asked, false);
    }
}

bool PointDiff::spend(std::size_t cost) {
    budget_ = cost > budget_ ? 0 : budget_ - cost;
    return budget_ > 0;
}

bool PointDiff::is_shadowed(const Point& point,
                            const Candidate& candidate,
                            const std::vector<Asked>& all) const {
    if (!candidate.in_before || !candidate.in_after) return false;
    const auto takes = [&](const View& view, const std::optional<ir::Outcome>& outcome) {
        return outcome && view.match_number(*outcome) == candidate.number &&
               view.config().listeners[outcome->listener].hosts[outcome->host].hostname ==
                   point.hostname;
    };
    std::size_t answer = no_answer;
    for (const Asked& asked : all) {
        if (takes(before_, asked.before)) answer = answer_number(before_, asked.before);
        if (!asked.after || answer_number(after_, asked.after) == answer) return false;
    }
    if (answer == no_answer) return false;
    const std::size_t listener = *after_.listener(point.door, point.hostname);
    const auto host = after_.host(listener, point.hostname);
    const Content& content = after_.content(listener, *host);
    return std::ranges::find(content, std::pair(candidate.number, answer)) != content.end();
}

bool PointDiff::is_still_in(const View& other,
                            std::size_t listener,
                            const View& mine,
                            const ir::Outcome& outcome) {
    const ir::Host& host = mine.config().listeners[outcome.listener].hosts[outcome.host];
    const auto there = other.host(listener, host.hostname);
    if (!there) return false;
    const Content& content = other.content(listener, *there);
    auto& set = sets_[&content];
    if (set.empty()) set.insert(content.begin(), content.end());
    return set.contains({mine.match_number(outcome), answer_number(mine, outcome)});
}

bool PointDiff::is_order(const Asked& asked) {
    return is_still_in(after_, asked.after->listener, before_, *asked.before) &&
           is_still_in(before_, asked.before->listener, after_, *asked.after);
}

void PointDiff::report(Point& point,
                       const std::string& subject,
                       const Asked& asked,
                       bool shadowed) {
    point.told.insert(numbers(asked));
    if (asked.before) touched_.before.insert(before_.entry(*asked.before).rule);
    if (asked.after) touched_.after.insert(after_.entry(*asked.after).rule);
    if (!asked.before || !asked.after) {
        const bool host_gone = point.after.empty() && asked.before;
        const bool host_new = point.before.empty() && asked.after;
        report_one_sided(point,
                         host_gone || host_new ? host_text(point.door, point.hostname, point.port)
                                               : subject,
                         asked);
        return;
    }
    if (shadowed) {
        report_taken(subject, asked, diag::Code::DiffRouteShadowed);
    } else if (is_order(asked)) {
        report_taken(subject, asked, diag::Code::DiffOrderChanged);
    } else {
        const std::size_t old_rule = before_.entry(*asked.before).rule;
        const std::size_t new_rule = after_.entry(*asked.after).rule;
        diff_answers({.before = before_.answer(old_rule),
                      .after = after_.answer(new_rule),
                      .subject = {.text = subject,
                                  .before = before_.place(old_rule),
                                  .after = after_.place(new_rule)}},
                     found_);
    }
}

void PointDiff::report_one_sided(Point& point, const std::string& subject, const Asked& asked) {
    const bool gone = asked.before.has_value();
    const View& view = gone ? before_ : after_;
    const std::size_t rule = view.entry(gone ? *asked.before : *asked.after).rule;
    const Answer& answer = view.answer(rule);
    const bool whole = (gone ? point.after : point.before).empty();
    diag::Code code = gone ? (whole ? diag::Code::DiffHostRemoved : diag::Code::DiffPathRemoved)
                           : (whole ? diag::Code::DiffHostAdded : diag::Code::DiffPathAdded);
    if (answer.kind == AnswerKind::Fail) code = diag::Code::DiffStatusChanged;
    Difference difference{.code = code,
                          .subjects = {subject},
                          .now = predicate(gone ? nobody() : answer),
                          .was = predicate(gone ? answer : nobody()),
                          .before = std::nullopt,
                          .after = std::nullopt,
                          .hint = ""};
    (gone ? difference.before : difference.after) = view.place(rule);
    found_.push_back(std::move(difference));
}

void PointDiff::report_taken(const std::string& subject, const Asked& asked, diag::Code code) {
    const std::size_t old_rule = before_.entry(*asked.before).rule;
    const std::size_t new_rule = after_.entry(*asked.after).rule;
    const Place before = before_.place(old_rule);
    const Place after = after_.place(new_rule);
    found_.push_back(
        {.code = code,
         .subjects = {subject},
         .now = fmt::format(
             "{} takes it, and it {}", rule_text(after), predicate(after_.answer(new_rule))),
         .was = fmt::format(
             "{} took it, and it {}", rule_text(before), predicate(before_.answer(old_rule))),
         .before = before,
         .after = after,
         .hint = ""});
}

void PointDiff::report_unknown(const std::string& subject,
                               std::string now,
                               const Place& before,
                               const Place& after) {
    Difference difference{.code = diag::Code::DiffUnknown,
                          .subjects = {subject},
                          .now = std::move(now),
                          .was = "",
                          .before = std::nullopt,
                          .after = std::nullopt,
                          .hint = ""};
    if (before != Place{}) difference.before = before;
    if (after != Place{}) difference.after = after;
    found_.push_back(std::move(difference));
}

}  // namespace gatefile::analysis
