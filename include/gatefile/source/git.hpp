// SPDX-License-Identifier: Apache-2.0
//
// Manifests as they are at a revision of a git repository, read through the program git. Nothing is
// checked out.
#pragma once

#include <string>

#include "gatefile/base/result.hpp"
#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/source/manifests.hpp"

namespace gatefile::source {

/// `settings.paths` are paths of the working tree, each in whatever repository it lies in; they
/// need not exist there any more. A path that the revision does not have holds nothing. Symbolic
/// links are passed over. Texts are named "REVISION:PATH". `settings.context_paths` are read as they
/// are now. An Error when there is no git, no repository or no such revision.
base::Result<Manifests> read_revision(const ManifestSettings& settings,
                                      const std::string& revision,
                                      diag::Diagnostics& diagnostics);

}  // namespace gatefile::source
