// SPDX-License-Identifier: Apache-2.0
//
// Manifests of a repository are a part of what there will be. What was found wrong only because an
// object is not among those read (diag::Diagnostic::absent) is not known to be wrong.
#pragma once

#include "gatefile/api/snapshot.hpp"
#include "gatefile/diag/diagnostic.hpp"

namespace gatefile::analysis {

/// Puts a note (reference-unknown) in place of each such finding, one for each object and what it
/// lacks. They stay as they are where what is absent was read and refused, or where the snapshot is
/// complete for its kind and namespace; of ReferenceGrants, where any of their namespace was
/// read.
diag::Diagnostics grade_unknown(const api::Snapshot& snapshot, const diag::Diagnostics& found);

}  // namespace gatefile::analysis
