// SPDX-License-Identifier: Apache-2.0
//
// What an ExternalAuth filter says that no proxy of this kind can do, wherever it stands.
#pragma once

#include <string>
#include <vector>

#include "gatefile/api/http_filter.hpp"
#include "gatefile/diag/path.hpp"

namespace gatefile::graph {

struct AuthFault {
    diag::Path path;
    std::string detail;
};

/// `at`: the path of the externalAuth itself.
std::vector<AuthFault> find_auth_faults(const diag::Path& at, const api::ExternalAuth& auth);

}  // namespace gatefile::graph
