// SPDX-License-Identifier: Apache-2.0
//
// diff --dynamic: files of Traefik's, read and compared.
#pragma once

#include <string>
#include <vector>

#include "gatefile/analysis/diff.hpp"
#include "gatefile/base/result.hpp"
#include "gatefile/traefik/dynamic_diff.hpp"

namespace gatefile::cli {

/// Each side is a file, or a directory whose .yml, .yaml and .json files are read, those below it
/// too, as Traefik's file provider does.
base::Result<std::vector<analysis::Difference>> diff_published(const std::string& before,
                                                               const std::string& after);
/// The same of files that were read.
base::Result<std::vector<analysis::Difference>>
diff_files(const std::vector<traefik::PublishedFile>& before,
           const std::vector<traefik::PublishedFile>& after);

}  // namespace gatefile::cli
