// SPDX-License-Identifier: Apache-2.0
//
// One thing of ours in a cluster that is to go.
#pragma once

#include <string>

#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/source/api_server.hpp"
#include "gatefile/tree/node.hpp"

namespace gatefile::agent {

struct RemovalStep {
    std::string what;  ///< a line for people
    source::ApiCall call;
};

/// Deletes an object of a namespace, as it was read and no other; `base` is "/api/v1" or
/// "/apis/GROUP/VERSION".
RemovalStep deletion(const diag::ObjectRef& object,
                     const std::string& group,
                     const std::string& resource,
                     const std::string& base,
                     const tree::Node& read);

}  // namespace gatefile::agent
