// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "diff_filters.hpp"
#include "diff_parts.hpp"

namespace gatefile::analysis {
namespace {

using Duration = std::optional<std::chrono::milliseconds>;

class AnswerDiff {
public:
    AnswerDiff(const TwoAnswers& two, std::vector<Difference>& found) : two_(two), found_(found) {}

    void run() {
        const Answer& before = two_.before;
        const Answer& after = two_.after;
        const bool failed = before.kind == AnswerKind::Fail;
        const bool fails = after.kind == AnswerKind::Fail;
        if (failed && fails) {
            if (before.status != after.status) add_predicates(diag::Code::DiffStatusChanged);
        } else if (fails) {
            add_predicates(diag::Code::DiffPathRefused);
        } else if (failed) {
            add_predicates(diag::Code::DiffPathRestored);
        } else if (before.kind != after.kind) {
            add_predicates(diag::Code::DiffPathMoved);
        } else {
            both_served();
        }
    }

private:
    void both_served() {
        const Answer& before = two_.before;
        const Answer& after = two_.after;
        if (after.kind == AnswerKind::Redirect) {
            if (!(before.redirect == after.redirect))
                add_predicates(diag::Code::DiffRedirectChanged);
        } else if (after.failing > before.failing) {
            add_predicates(diag::Code::DiffPathRefused);
        } else if (after.failing < before.failing) {
            add_predicates(diag::Code::DiffPathRestored);
        } else if (!meet(before.targets, after.targets)) {
            add_predicates(diag::Code::DiffPathMoved);
        } else if (!(before.shares == after.shares)) {
            add_predicates(diag::Code::DiffSharesChanged);
        }
        filters();
        delivery();
        connections();
    }

    /// Nothing but errors on both sides meets, too.
    static bool meet(const std::vector<std::string>& a, const std::vector<std::string>& b) {
        if (a.empty() && b.empty()) return true;
        return std::ranges::any_of(
            a, [&](const std::string& text) { return std::ranges::binary_search(b, text); });
    }

    void filters() {
        if (two_.before.filters == two_.after.filters) return;
        const std::string gone = only_in(two_.before.filters, two_.after.filters);
        const std::string come = only_in(two_.after.filters, two_.before.filters);
        std::string now = come.empty() ? "no more runs " + gone : "runs " + come;
        std::string was = gone.empty() ? "runs nothing of the kind" : "runs " + gone;
        if (come.empty() && gone.empty()) {
            now = "runs its filters in another order";
            was.clear();
        } else if (come == gone) {
            now += ", with other settings";
            was.clear();
        }
        add(diag::Code::DiffFiltersChanged, std::move(now), std::move(was));
    }

    void delivery() {
        const Answer& before = two_.before;
        const Answer& after = two_.after;
        timeout("timeout for the whole request", before.request_timeout, after.request_timeout);
        timeout("timeout for each try", before.backend_timeout, after.backend_timeout);
        if (!(before.retry == after.retry))
            add(diag::Code::DiffDeliveryChanged,
                "has " + after.retry.text,
                "has " + before.retry.text);
        if (!(before.stickiness == after.stickiness))
            add(diag::Code::DiffDeliveryChanged,
                "has " + after.stickiness.text,
                "has " + before.stickiness.text);
    }

    void timeout(std::string_view what, Duration before, Duration after) {
        if (before == after) return;
        const bool shorter = after && (!before || *after < *before);
        const auto text = [&](Duration value) {
            return value ? fmt::format("has a {} of {}", what, duration_text(*value))
                         : fmt::format("has no {}", what);
        };
        add(shorter ? diag::Code::DiffTimeoutShortened : diag::Code::DiffDeliveryChanged,
            text(after),
            text(before));
    }

    /// Of targets that both sides have; another target is told already.
    void connections() {
        const std::string come = of_common_targets(two_.after, two_.before);
        const std::string gone = of_common_targets(two_.before, two_.after);
        if (come.empty() && gone.empty()) return;
        add(diag::Code::DiffBackendChanged, "reaches " + come, "reaches " + gone);
    }

    static std::string of_common_targets(const Answer& mine, const Answer& other) {
        std::vector<Aspect> common;
        for (const Aspect& connection : mine.connections) {
            const bool in_both = std::ranges::any_of(other.targets, [&](const std::string& target) {
                return connection.text.starts_with(target + " ");
            });
            if (in_both) common.push_back(connection);
        }
        return only_in(common, other.connections);
    }

    void add_predicates(diag::Code code) {
        add(code, predicate(two_.after), predicate(two_.before));
    }

    void add(diag::Code code, std::string now, std::string was) {
        found_.push_back(two_.subject.difference(code, std::move(now), std::move(was)));
    }

    const TwoAnswers& two_;
    std::vector<Difference>& found_;
};

}  // namespace

Difference Subject::difference(diag::Code code, std::string now, std::string was) const {
    return {.code = code,
            .subjects = {text},
            .now = std::move(now),
            .was = std::move(was),
            .before = before,
            .after = after,
            .hint = ""};
}

void diff_answers(const TwoAnswers& two, std::vector<Difference>& found) {
    AnswerDiff(two, found).run();
}

}  // namespace gatefile::analysis
