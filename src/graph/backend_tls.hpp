// SPDX-License-Identifier: Apache-2.0
//
// What one BackendTLSPolicy demands of backends.
#pragma once

#include <optional>

#include "context.hpp"

namespace gatefile::graph {

struct JudgedBackendTls {
    std::optional<BackendTls> tls;          ///< nothing: it cannot be served, its backends fail
    std::optional<diag::ObjectRef> absent;  ///< what is not there and would be needed
};

JudgedBackendTls judge_backend_tls(const Context& context, const api::BackendTlsPolicy& policy);

}  // namespace gatefile::graph
