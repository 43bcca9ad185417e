// SPDX-License-Identifier: Apache-2.0
//
// What commands read: manifests, or a cluster as it is.
#pragma once

#include <memory>

#include "gatefile/api/snapshot.hpp"
#include "gatefile/base/result.hpp"
#include "gatefile/diag/diagnostic.hpp"
#include "options.hpp"

namespace gatefile::cli {

/// What -f names, or with --from cluster the cluster; what is wrong with it goes into `reading`.
/// Kinds that the cluster lacks or refuses are told of on standard error.
base::Result<std::shared_ptr<const api::Snapshot>> read_objects(const Options& options,
                                                                diag::Diagnostics& reading);

}  // namespace gatefile::cli
