// SPDX-License-Identifier: Apache-2.0
//
// Findings that somebody does not want to hear of. Silencing changes reports and exit codes, never
// what is served: a refused object stays refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/base/result.hpp"
#include "gatefile/diag/diagnostic.hpp"

namespace gatefile::diag {

struct Ignore {
    Code code{};
    /// Whose findings; those of all without. A part that is `*` is any.
    std::optional<ObjectRef> object;
};

/// The Error (kind Usage) names the nearest code.
base::Result<Code> find_code(std::string_view name);

/// "CODE", "CODE@KIND/NS/NAME" or, for kinds without namespaces, "CODE@KIND/NAME".
base::Result<Ignore> parse_ignore(std::string_view text);

/// The annotation of an object by which its author silences what is found in it: codes, separated
/// by commas.
constexpr std::string_view ignore_annotation = "gatefile.dev/ignore";

/// What such an annotation says.
struct IgnoreNote {
    ObjectRef object;
    std::string codes;
};

struct Ignores {
    std::vector<Ignore> ignores;
    std::vector<std::string> faults;  ///< clauses about codes that there are not
};
Ignores ignores_of(const IgnoreNote& note);

bool is_ignored(const Diagnostic& diagnostic, const std::vector<Ignore>& ignores);

}  // namespace gatefile::diag
