// SPDX-License-Identifier: Apache-2.0
//
// The one table of faults (code_table.hpp): from it come the enum, the names that users see, the
// severities and the conditions that module status folds. Names are promised stable.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace gatefile::diag {

enum class Severity : std::uint8_t { Error, Warning, Note };

/// What a fault does to the object that has it.
enum class Class : std::uint8_t {
    Refused,  ///< the object (or document) is left out as the API server would have done
    Invalid,  ///< the part that has it is not served as written (Accepted and its kin)
    Resolve,  ///< a reference leads nowhere or is not permitted (ResolvedRefs)
    Advice,   ///< it is served as written; the author should know
};

/// The condition type that a fault turns, in the object's own status.
enum class Condition : std::uint8_t {
    None,
    Accepted,
    ResolvedRefs,
    Programmed,
    Conflicted,
    Shared,
};

enum class Code : std::uint16_t {
#define GATEFILE_CODE(id, name, severity, klass, condition, reason, meaning) id,
#include "gatefile/diag/code_table.hpp"
#undef GATEFILE_CODE
};

struct CodeInfo {
    Code code;
    std::string_view name;  ///< "backend-not-found"
    Severity severity;
    Class klass;
    Condition condition;
    std::string_view reason;  ///< "BackendNotFound"; empty when condition is None
    std::string_view meaning;
};

const CodeInfo& info(Code code);
std::span<const CodeInfo> all_codes();
std::string_view severity_name(Severity severity);     ///< "error", "warning", "note"
std::string_view condition_name(Condition condition);  ///< "Accepted" …; "" for None

}  // namespace gatefile::diag
