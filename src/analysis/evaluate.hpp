// SPDX-License-Identifier: Apache-2.0
//
// Filters at work on one request.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/analysis/explain.hpp"

namespace gatefile::analysis {

/// A path as the backend gets it if nothing changes it: unreserved characters unescaped, the rest
/// escaped in capitals, ".", ".." and repeated slashes resolved (Traefik's normalizePath and
/// sanitizePath).
std::string forwarded_path(std::string_view sent);

/// Whether the proxy itself sets the header, so that a client's counts only if it is trusted.
bool is_forwarded_header(std::string_view name);

/// Traefik takes a ";" between parameters for a "&".
std::string separated_query(std::string query);

/// `path` is a forwarded_path().
std::string changed_path(const ir::PathChange& change, std::string_view path);

/// What filters have made of a request so far.
struct Evaluation {
    Seen seen;
    std::vector<Step> steps;
    std::vector<ir::HeaderChange> changes;  ///< of the answer, in the order in which they are made
    std::optional<Reply> reply;             ///< nothing runs after it
    bool path_changed = false;
    std::string unsure;  ///< what runs and may do anything, a clause; empty: all is known
};

// What filters and Middlewares are made of.
std::string effect_of(const ir::HeaderChange& change);  ///< a clause
void change_headers(const ir::HeaderChange& change, Seen& seen);
std::string_view path_part(std::string_view target);
void change_path(Evaluation& state, std::string path);
/// The first filter has the last word.
void change_answer(Evaluation& state, ir::HeaderChange change);

/// The request as it comes in. X-Forwarded-… of clients that are not trusted are taken away.
Evaluation begin(const Question& question, bool trusts_forwarded);

/// Runs one filter after the others, mirrors last.
Evaluation run_filters(Evaluation so_far,
                       const std::vector<ir::Filter>& filters,
                       const ir::Config& config,
                       const Question& question,
                       Redirects redirects);

}  // namespace gatefile::analysis
