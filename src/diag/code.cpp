// SPDX-License-Identifier: Apache-2.0
#include "gatefile/diag/code.hpp"

#include "gatefile/base/result.hpp"

namespace gatefile::diag {
namespace {

constexpr CodeInfo table[] = {
#define GATEFILE_CODE(id, name, severity, klass, condition, reason, meaning)                       \
    {Code::id, name, Severity::severity, Class::klass, Condition::condition, reason, meaning},
#include "gatefile/diag/code_table.hpp"
#undef GATEFILE_CODE
};

}  // namespace

const CodeInfo& info(Code code) {
    const auto row = static_cast<std::size_t>(code);
    GATEFILE_CHECK(row < std::size(table));
    return table[row];
}

std::span<const CodeInfo> all_codes() {
    return table;
}

std::string_view severity_name(Severity severity) {
    switch (severity) {
    case Severity::Error:
        return "error";
    case Severity::Warning:
        return "warning";
    case Severity::Note:
        return "note";
    }
    return {};
}

std::string_view condition_name(Condition condition) {
    switch (condition) {
    case Condition::None:
        return "";
    case Condition::Accepted:
        return "Accepted";
    case Condition::ResolvedRefs:
        return "ResolvedRefs";
    case Condition::Programmed:
        return "Programmed";
    case Condition::Conflicted:
        return "Conflicted";
    case Condition::Shared:
        return "gatefile.dev/Shared";
    }
    return {};
}

}  // namespace gatefile::diag
