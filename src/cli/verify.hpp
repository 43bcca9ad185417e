// SPDX-License-Identifier: Apache-2.0
//
// convert --verify: whether output that is kept somewhere, in a repository say, is what would be
// written now.
#pragma once

#include <string>

#include "gatefile/base/result.hpp"
#include "gatefile/publish/file_set.hpp"

namespace gatefile::cli {

struct Verdict {
    bool is_fresh = true;
    std::string text;  ///< lines for standard error; names only, so that no key is in it
};

/// Reads `directory` and writes nothing. An Error when a file in it cannot be read.
base::Result<Verdict> verify(const std::string& directory, const publish::FileSet& files);

}  // namespace gatefile::cli
