// SPDX-License-Identifier: Apache-2.0
//
// What one BackendTLSPolicy demands of backends.
#pragma once

#include <optional>

#include "context.hpp"

namespace gatefile::graph {

/// Nothing, and faults, when it cannot be served: its backends must fail then.
std::optional<BackendTls> judge_backend_tls(const Context& context,
                                            const api::BackendTlsPolicy& policy);

}  // namespace gatefile::graph
