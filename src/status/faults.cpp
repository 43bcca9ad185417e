// SPDX-License-Identifier: Apache-2.0
#include "faults.hpp"

#include <algorithm>
#include <tuple>

namespace gatefile::status {
namespace {

auto key(const diag::Diagnostic& fault) {
    return std::tie(fault.object, fault.path, fault.code, fault.detail, fault.hint);
}

}  // namespace

Faults::Faults(const diag::Diagnostics& diagnostics) {
    for (const diag::Diagnostic& item : diagnostics.items()) {
        if (diag::info(item.code).condition != diag::Condition::None) sorted_.push_back(&item);
    }
    std::stable_sort(sorted_.begin(), sorted_.end(), [](const auto* a, const auto* b) {
        return key(*a) < key(*b);
    });
}

std::span<const diag::Diagnostic* const> Faults::of(const diag::ObjectRef& object) const {
    const auto begin = std::lower_bound(
        sorted_.begin(), sorted_.end(), object, [](const auto* fault, const auto& wanted) {
            return fault->object < wanted;
        });
    const auto end =
        std::upper_bound(begin, sorted_.end(), object, [](const auto& wanted, const auto* fault) {
            return wanted < fault->object;
        });
    return {begin, end};
}

}  // namespace gatefile::status
