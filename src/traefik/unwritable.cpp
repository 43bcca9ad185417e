// SPDX-License-Identifier: Apache-2.0
#include "unwritable.hpp"

#include <optional>
#include <variant>
#include <vector>

#include "gatefile/base/overloaded.hpp"
#include "gatefile/base/strings.hpp"
#include "paths.hpp"

namespace gatefile::traefik {

namespace {

const std::string* unwritable_path(const std::vector<ir::Filter>& filters) {
    for (const ir::Filter& filter : filters) {
        const std::optional<ir::PathChange>* change = nullptr;
        if (const auto* rewrite = std::get_if<ir::Rewrite>(&filter)) change = &rewrite->path;
        if (const auto* redirect = std::get_if<ir::Redirect>(&filter)) change = &redirect->path;
        if (change == nullptr || !*change) continue;
        const std::string* path =
            std::visit(base::Overloaded{
                           [](const ir::FullPath& full) { return &full.path; },
                           [](const ir::PrefixPath& prefix) { return &prefix.replacement; },
                       },
                       **change);
        if (!base::is_utf8(decoded_path(*path))) return path;
    }
    return nullptr;
}

}  // namespace

const std::string* unwritable_path(const Draft& draft, const ir::Rule& rule) {
    if (draft.is_file()) return nullptr;
    if (const std::string* path = unwritable_path(rule.filters)) return path;
    const auto* forward = std::get_if<ir::Forward>(&rule.action);
    if (forward == nullptr) return nullptr;
    for (const ir::Member& member : forward->members) {
        if (const std::string* path = unwritable_path(member.filters)) return path;
    }
    return nullptr;
}

void report_unwritable(Draft& draft, const ir::Rule& rule, const std::string& path) {
    const ir::RouteId& route = draft.config.routes[rule.route];
    draft.diagnostics.add(
        {.code = diag::Code::RuleUnsupported,
         .object = {route.kind, route.ns, route.name},
         .path = diag::Path("spec.rules") / rule.index,
         .detail =
             "the path " + base::quote_for_message(path) +
             " is not UTF-8 when its escapes are taken off, so Traefik cannot be given it "
             "in JSON",
         .hint = "use --to file, or another path"});
}

}  // namespace gatefile::traefik
