// SPDX-License-Identifier: Apache-2.0
//
// Files for people, written once: nothing that is there is replaced, and nobody comes back to them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "gatefile/base/result.hpp"
#include "gatefile/publish/file_set.hpp"

namespace gatefile::publish {

/// Makes the directory where it is missing; it may be one that gatefile publishes into. Each file is
/// there as a whole or not at all. Refused, with nothing written, where one of them exists.
base::Result<void> write_fresh(const std::string& directory,
                               const std::vector<File>& files,
                               mode_t mode,
                               const std::optional<std::string>& group);

}  // namespace gatefile::publish
