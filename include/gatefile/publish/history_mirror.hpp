// SPDX-License-Identifier: Apache-2.0
//
// The generations of a directory once more in --state-dir, with their keys, so that they outlive
// the directory.
#pragma once

#include <string>

#include "gatefile/base/result.hpp"
#include "gatefile/publish/history.hpp"

namespace gatefile::publish {

/// What is kept for `from` is kept in `state`, too, and nothing else of that kind; files of 0600.
base::Result<void> mirror_generations(const HistorySettings& from, const std::string& state);
/// The other way, into a directory that has none: before a History is made of it.
base::Result<void> restore_generations(const std::string& state, const HistorySettings& to);

}  // namespace gatefile::publish
