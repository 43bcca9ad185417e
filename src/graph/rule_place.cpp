// SPDX-License-Identifier: Apache-2.0
#include "rule_place.hpp"

#include <fmt/format.h>

namespace gatefile::graph {

std::string refusal(const Answer& answer) {
    return answer.reason.empty() ? "cannot be served"
                                 : fmt::format("not served: {}", answer.reason);
}

std::string remedy(const Answer& answer) {
    std::string text(answer.remedy);
    if (answer.support == Support::Approximate) {
        if (!text.empty()) text += ", or ";
        text += fmt::format("--approximate serves this in its place: {}", answer.approximation);
    }
    return text;
}

diag::Path RulePlace::path() const {
    diag::Path path = diag::Path("spec.rules") / rule;
    return backend_ref ? path / "backendRefs" / *backend_ref : path;
}

bool report_limit(const Context& context,
                  const RulePlace& place,
                  const Answer& answer,
                  const diag::Path& path) {
    if (answer.support == Support::Yes) return true;
    if (answer.support == Support::Approximate && context.capabilities.approximate) {
        report(context,
               place.route,
               path,
               {diag::Code::RuleApproximated,
                fmt::format("served approximately: {}", answer.approximation),
                std::string(answer.remedy)});
        return true;
    }
    report(
        context, place.route, path, {diag::Code::RuleUnsupported, refusal(answer), remedy(answer)});
    return false;
}

}  // namespace gatefile::graph
