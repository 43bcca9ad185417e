// SPDX-License-Identifier: Apache-2.0
//
// The diagnostics that turn a condition, by object. Keeps pointers to them.
#pragma once

#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "gatefile/diag/diagnostic.hpp"

namespace gatefile::status {

using FaultList = std::vector<const diag::Diagnostic*>;

class Faults {
public:
    explicit Faults(const diag::Diagnostics& diagnostics);

    /// Those of one object, by path, code and text.
    std::span<const diag::Diagnostic* const> of(const diag::ObjectRef& object) const;

private:
    FaultList sorted_;
};

/// Those that turn the condition and for which `wanted` holds.
template <typename Wanted>
FaultList
select(std::span<const diag::Diagnostic* const> faults, diag::Condition condition, Wanted wanted) {
    FaultList selected;
    for (const diag::Diagnostic* fault : faults) {
        if (diag::info(fault->code).condition == condition && wanted(*fault)) {
            selected.push_back(fault);
        }
    }
    return selected;
}

}  // namespace gatefile::status
