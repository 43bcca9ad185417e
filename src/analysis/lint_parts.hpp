// SPDX-License-Identifier: Apache-2.0
//
// The parts of lint, by theme, and what they share. None may cost more than n log n: lint runs at
// each change that the agent sees.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/analysis/lint.hpp"
#include "route_ref.hpp"

namespace gatefile::analysis {

diag::ObjectRef object_of(std::string_view kind, const api::Meta& meta);

/// "any host", or the hostname in quotes.
std::string host_text(std::string_view hostname);

/// Calls `visit` with each wildcard that covers the hostname, narrowest first, until it returns
/// true: of "a.b.c" these are "*.b.c" and "*.c".
template <typename Visit>
void visit_wildcards(std::string_view hostname, const Visit& visit) {
    std::string wildcard;
    const std::size_t start = hostname.starts_with("*.") ? 2 : 0;
    for (std::size_t dot = hostname.find('.', start); dot != std::string_view::npos;
         dot = hostname.find('.', dot + 1)) {
        wildcard.assign("*").append(hostname.substr(dot));
        if (visit(wildcard)) return;
    }
}

/// The graph's route of each of Config::routes.
std::vector<const graph::Route*> routes_of(const graph::Graph& graph, const ir::Config& config);

/// Codes in gatefile.dev/ignore that silence nothing.
void lint_ignores(const api::Snapshot& snapshot, diag::Diagnostics& diagnostics);

void lint_grants(const graph::Graph& graph, diag::Diagnostics& diagnostics);

/// A diagnostic that has only its place: the certificates of a listener.
diag::Diagnostic certificate_place(const graph::Gateway& gateway, const graph::Listener& listener);
bool covered(const graph::Listener& listener, std::string_view hostname);

/// Their time, their strength and the hostnames that they cover.
void lint_certificates(const graph::Graph& graph,
                       base::Timestamp now,
                       diag::Diagnostics& diagnostics);

/// The time of intermediates, and of authorities of backends and clients.
void lint_authorities(const graph::Graph& graph,
                      base::Timestamp now,
                      diag::Diagnostics& diagnostics);

/// Who is shown none of them, and what listeners ask of TLS.
void lint_tls(const graph::Graph& graph,
              const ir::Config& config,
              bool has_default_certificate,
              diag::Diagnostics& diagnostics);

/// What is served without encryption, and with it for the same clients.
void lint_plain_http(const graph::Graph& graph,
                     const ir::Config& config,
                     diag::Diagnostics& diagnostics);

/// Hostnames of several namespaces and of narrower listeners.
void lint_hostnames(const graph::Graph& graph,
                    const ir::Config& config,
                    diag::Diagnostics& diagnostics);

/// Matches whose requests all go to an earlier one.
void lint_shadows(const graph::Graph& graph,
                  const ir::Config& config,
                  diag::Diagnostics& diagnostics);

/// Redirects that lead back to themselves.
void lint_redirects(const graph::Graph& graph,
                    const ir::Config& config,
                    diag::Diagnostics& diagnostics);

/// What a rule says that cannot be meant, whatever else there is.
void lint_rules(const graph::Graph& graph, diag::Diagnostics& diagnostics);

}  // namespace gatefile::analysis
