// SPDX-License-Identifier: Apache-2.0
//
// What changes for traffic between two configurations. Requests are judged by ir::Matcher on both
// sides: for every match that either side has, a request that it takes, and where matches meet one
// that several take. What answers alike is no difference, whatever it is called.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/api/snapshot.hpp"
#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/ir/ir.hpp"

namespace gatefile::analysis {

/// Where one side has it.
struct Place {
    diag::ObjectRef object;
    diag::Path path;
    std::string listener;  ///< its name, when it is one
    std::optional<diag::SourcePosition> at;
    auto operator<=>(const Place&) const = default;
};

struct Difference {
    diag::Code code{};
    /// What it is about: requests, hostnames, backends; foreign text is quoted. Not empty.
    std::vector<std::string> subjects;
    std::string now;  ///< what holds for them: "goes to Service shop/b:80"
    std::string was;  ///< the same before; may be empty
    std::optional<Place> before;
    std::optional<Place> after;
    std::string hint;  ///< may be empty
};

struct DiffSettings {
    /// False where one side has endpoints (a cluster) and the other has none (manifests).
    bool endpoints = true;
};

/// Sorted by severity, place and subject.
std::vector<Difference>
diff(const ir::Config& before, const ir::Config& after, const DiffSettings& settings = {});

/// Sorts, and lets what differs in its subjects only fall together; diff() has done so.
std::vector<Difference> gathered(std::vector<Difference> differences);

/// What is known of one side besides its configuration.
struct DiffSide {
    const api::Snapshot& snapshot;
    const diag::Diagnostics& found;
};
/// Fills in where the places are in the texts, and why something is refused.
void locate(std::vector<Difference>& differences, const DiffSide& before, const DiffSide& after);

struct DiffCounts {
    std::size_t breaking = 0;  ///< Error
    std::size_t changes = 0;   ///< Warning
    std::size_t harmless = 0;  ///< Note, but for diff-no-effect
};
DiffCounts count(const std::vector<Difference>& differences);

std::string print_diff_text(const std::vector<Difference>& differences);
/// {"differences": [...], "breaking": N, "changes": N, "harmless": N}
std::string print_diff_json(const std::vector<Difference>& differences);
/// For a comment on a pull request: no longer than GitHub takes, foreign text as code.
std::string print_diff_markdown(const std::vector<Difference>& differences);

}  // namespace gatefile::analysis
