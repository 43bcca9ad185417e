// SPDX-License-Identifier: Apache-2.0
//
// Passwords, tokens and key pairs that somebody else puts into a file, and may replace there.
#pragma once

#include <string>

#include "gatefile/base/result.hpp"

namespace gatefile::publish {

/// The whole file, links followed (a mounted Secret is one); at most 1 MiB.
base::Result<std::string> read_mounted_file(const std::string& path);
/// The same without blanks and line ends around it; an Error (kind Usage) when nothing is left.
base::Result<std::string> read_word_file(const std::string& path);

}  // namespace gatefile::publish
