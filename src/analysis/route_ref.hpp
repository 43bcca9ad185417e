// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/ir/ir.hpp"

namespace gatefile::analysis {

inline diag::ObjectRef object_of(const ir::RouteId& route) {
    return {route.kind, route.ns, route.name};
}

}  // namespace gatefile::analysis
