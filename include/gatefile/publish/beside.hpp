// SPDX-License-Identifier: Apache-2.0
//
// Small files beside the ownership record of a directory that Traefik watches (DIR/.gatefile), mode
// 0600 and no matter for Traefik.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gatefile/base/result.hpp"

namespace gatefile::publish {

/// "DIR/.gatefile/NAME"
std::string path_beside(const std::string& directory, std::string_view name);

/// Nothing where there is no such file; the directory itself may be missing.
base::Result<std::optional<std::string>> read_beside(const std::string& directory,
                                                     const std::string& name);
/// Replaced as a whole, and on the disk when this returns.
base::Result<void>
write_beside(const std::string& directory, const std::string& name, std::string_view bytes);
/// One that is not there is fine.
base::Result<void> remove_beside(const std::string& directory, const std::string& name);

}  // namespace gatefile::publish
