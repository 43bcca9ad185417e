// SPDX-License-Identifier: Apache-2.0
#include "gatefile/analysis/lint.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "lint_parts.hpp"

namespace gatefile::analysis {

diag::ObjectRef object_of(std::string_view kind, const api::Meta& meta) {
    return {std::string(kind), meta.ns, meta.name};
}

std::string host_text(std::string_view hostname) {
    return hostname.empty() ? std::string("any host") : base::quote_for_message(hostname);
}

std::vector<const graph::Route*> routes_of(const graph::Graph& graph, const ir::Config& config) {
    std::vector<const graph::Route*> routes;
    routes.reserve(config.routes.size());
    auto next = graph.routes.begin();
    // Stream routes follow behind those that take requests; both lists have the same order.
    for (const ir::RouteId& id : config.routes) {
        const auto is_it = [&](const graph::Route& route) {
            const api::Meta& meta = route.spec->meta;
            return meta.name == id.name && meta.ns == id.ns &&
                   api::name_of(route.spec->kind) == id.kind;
        };
        next = std::find_if(next, graph.routes.end(), is_it);
        routes.push_back(next == graph.routes.end() ? nullptr : &*next);
    }
    return routes;
}

void lint(const graph::Graph& graph,
          const ir::Config& config,
          const LintSettings& settings,
          diag::Diagnostics& diagnostics) {
    lint_ignores(*graph.snapshot, diagnostics);
    lint_grants(graph, diagnostics);
    lint_certificates(graph, settings.now, diagnostics);
    lint_authorities(graph, settings.now, diagnostics);
    lint_tls(graph, config, settings.has_default_certificate, diagnostics);
    lint_hostnames(graph, config, diagnostics);
    lint_plain_http(graph, config, diagnostics);
    lint_shadows(graph, config, diagnostics);
    lint_redirects(graph, config, diagnostics);
    lint_rules(graph, diagnostics);
}

}  // namespace gatefile::analysis
