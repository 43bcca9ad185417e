// SPDX-License-Identifier: Apache-2.0
//
// A rule, or one backendRef of it, as a place to report faults at. The Path is made only when there
// is something to report.
#pragma once

#include <optional>
#include <string>

#include "context.hpp"

namespace gatefile::graph {

struct RulePlace {
    const api::Route& route;
    std::size_t rule = 0;
    std::optional<std::size_t> backend_ref = {};

    diag::Path path() const;
};

/// What is said of a field that cannot be served as written, and what to do about it.
std::string refusal(const Answer& answer);
std::string remedy(const Answer& answer);

/// Reports what an Answer other than Yes means; true when it is served approximately.
bool report_limit(const Context& context,
                  const RulePlace& place,
                  const Answer& answer,
                  const diag::Path& path);

/// Whether a field can be served. If not, or only approximately, that is said at the path that
/// `make_path` gives.
template <typename MakePath>
bool can_serve(const Context& context,
               const RulePlace& place,
               Ability ability,
               MakePath make_path) {
    const Answer& answer = context.capabilities.answer(ability);
    return answer.support == Support::Yes || report_limit(context, place, answer, make_path());
}

}  // namespace gatefile::graph
