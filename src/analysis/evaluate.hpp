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

/// `path` is a forwarded_path().
std::string changed_path(const ir::PathChange& change, std::string_view path);

/// What filters have made of a request so far.
struct Evaluation {
    Seen seen;
    std::vector<Step> steps;
    std::vector<ir::HeaderChange> changes;  ///< of the answer, in order
    std::optional<Reply> reply;             ///< nothing runs after it
};

/// The request as it comes in.
Evaluation begin(const Question& question);

/// Runs one filter after the others, mirrors last.
Evaluation run_filters(Evaluation so_far,
                       const std::vector<ir::Filter>& filters,
                       const ir::Config& config,
                       const Question& question,
                       Redirects redirects);

}  // namespace gatefile::analysis
