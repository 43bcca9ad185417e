// SPDX-License-Identifier: Apache-2.0
//
// What problems are made of, and what is remembered of them from one turn to the next.
#include <algorithm>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/diag/page.hpp"
#include "problems.hpp"

namespace gatefile::agent {

std::string stale_note(const Keeper::Waiting& waiting) {
    constexpr std::size_t shown = 5;
    const std::size_t count = std::min(shown, waiting.stale.size());
    std::string names = base::join(std::span(waiting.stale).first(count), ", ");
    if (waiting.stale.size() > shown)
        names += fmt::format(" and {} more", waiting.stale.size() - shown);
    return fmt::format("nobody knows new addresses for {}, which nothing uses any more, or which "
                       "an older gatefile published: a Pod that goes is missed there",
                       names);
}

ObjectErrors errors_of(const diag::Diagnostics& diagnostics) {
    ObjectErrors errors;
    for (const diag::Diagnostic& item : diagnostics.items()) {
        const diag::CodeInfo& code = diag::info(item.code);
        if (code.severity != diag::Severity::Error) continue;
        ++errors.count;
        if (errors.items.size() >= ObjectErrors::most) continue;
        std::string object = item.object.text();
        if (const std::string path = item.path.text(); !path.empty()) object += " " + path;
        std::string cure = item.hint.empty() ? std::string(diag::page(item.code).cure) : item.hint;
        errors.items.push_back({code.name, std::move(object), item.detail, std::move(cure)});
    }
    return errors;
}

void PublishTrouble::note(Kind now, const std::string& what) {
    if (kind != now) since = now == Kind::None ? std::nullopt : std::optional(base::wall_clock());
    kind = now;
    text = what;
}

void ProblemTimes::note(std::vector<Problem>& problems, base::Timestamp now) {
    std::map<std::pair<std::string, std::string>, base::Timestamp> since;
    for (Problem& problem : problems) {
        const std::pair key(std::string(problem.code), problem.subject);
        const auto known = since_.find(key);
        const base::Timestamp first = problem.since           ? *problem.since
                                      : known != since_.end() ? known->second
                                                              : now;
        problem.since = first;
        since.emplace(key, first);
    }
    since_ = std::move(since);
}

}  // namespace gatefile::agent
