// SPDX-License-Identifier: Apache-2.0
//
// Filters in words.
#pragma once

#include "diff_answer.hpp"

namespace gatefile::analysis {

/// Any filter but a redirect, which is an answer. Settings of extensions, which may hold secrets,
/// are in the key and not in the text.
Aspect filter_aspect(const ir::Config& config, const ir::Filter& filter);
/// "(301) to https, host "a.x""
Aspect redirect_aspect(const ir::Redirect& redirect);

/// All that a composite says, of its parts too.
std::string composite_key(const ir::Config& config, const ir::Composite& composite);

/// What of `mine` is not in `other`; "" when nothing is.
std::string only_in(const std::vector<Aspect>& mine, const std::vector<Aspect>& other);

}  // namespace gatefile::analysis
