// SPDX-License-Identifier: Apache-2.0
//
// From faults to one condition: positive while there are none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "faults.hpp"
#include "gatefile/status/report.hpp"

namespace gatefile::status {

/// What a condition says when nothing is wrong.
struct Positive {
    std::string_view type;
    std::string_view reason;
    std::string_view message;
};

/// Status False, the first fault's reason and the text of all when there are any.
Condition fold(const Positive& positive, const FaultList& faults, std::int64_t generation);

Condition make_condition(std::string_view type,
                         bool status,
                         std::string_view reason,
                         std::string message,
                         std::int64_t generation);

/// "spec.listeners[0].port: port 81 has no entry point (hint); …"
std::string describe(const FaultList& faults);

std::string_view reason_of(const diag::Diagnostic& fault);

}  // namespace gatefile::status
