// SPDX-License-Identifier: Apache-2.0
//
// A Secret whose certificate and key cannot be used, as a renewal in two steps has them for a moment
// or for good, is served on with those that it had.
#pragma once

#include <memory>

#include "gatefile/api/core.hpp"
#include "gatefile/diag/diagnostic.hpp"

namespace gatefile::source {

/// It has both, and they fit together.
bool has_good_pair(const api::Secret& secret);

struct KeptPair {
    std::shared_ptr<const api::Secret> secret;
    diag::Diagnostic why;
};

/// `fresh`, which has no good pair, with the one of `good`, which has.
KeptPair keep_pair(const api::Secret& good, const api::Secret& fresh);

}  // namespace gatefile::source
