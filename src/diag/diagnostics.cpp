// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <tuple>

#include "gatefile/diag/diagnostic.hpp"

namespace gatefile::diag {
namespace {

/// Compared member by member in the order of Diagnostics::sort(); what has no position goes first.
auto key(const Diagnostic& d) {
    return std::tie(d.at, d.object, d.path, d.code, d.detail, d.hint, d.parent, d.listener);
}

}  // namespace

std::string ObjectRef::text() const {
    std::string text = kind;
    if (!kind.empty() && !(ns.empty() && name.empty())) text += ' ';
    if (!ns.empty()) text += ns + '/';
    return text + name;
}

void Diagnostics::append(const Diagnostics& other) {
    items_.insert(items_.end(), other.items_.begin(), other.items_.end());
}

bool Diagnostics::has_errors() const {
    return std::any_of(items_.begin(), items_.end(), [](const Diagnostic& d) {
        return info(d.code).severity == Severity::Error;
    });
}

std::size_t Diagnostics::count(Severity severity) const {
    const auto has_severity = [severity](const Diagnostic& d) {
        return info(d.code).severity == severity;
    };
    return static_cast<std::size_t>(std::count_if(items_.begin(), items_.end(), has_severity));
}

void Diagnostics::sort() {
    std::sort(items_.begin(), items_.end(), [](const Diagnostic& a, const Diagnostic& b) {
        return key(a) < key(b);
    });
    const auto end =
        std::unique(items_.begin(), items_.end(), [](const Diagnostic& a, const Diagnostic& b) {
            return key(a) == key(b);
        });
    items_.erase(end, items_.end());
}

}  // namespace gatefile::diag
