// SPDX-License-Identifier: Apache-2.0
#include "gatefile/diag/path.hpp"

#include <algorithm>

#include "gatefile/base/strings.hpp"

namespace gatefile::diag {
namespace {

constexpr bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

}  // namespace

Path::Path(std::string_view dotted) {
    if (dotted.empty()) return;
    for (const std::string_view field : base::split(dotted, '.'))
        segments_.emplace_back(std::in_place_type<std::string>, field);
}

Path Path::operator/(std::string_view field) const {
    Path longer = *this;
    longer.segments_.emplace_back(std::in_place_type<std::string>, field);
    return longer;
}

Path Path::operator/(std::size_t index) const {
    Path longer = *this;
    longer.segments_.emplace_back(index);
    return longer;
}

std::string Path::text() const {
    std::string text;
    for (const Segment& segment : segments_) {
        if (const auto* const index = std::get_if<std::size_t>(&segment)) {
            text += '[' + std::to_string(*index) + ']';
            continue;
        }
        const auto& field = std::get<std::string>(segment);
        if (field.empty() || !std::all_of(field.begin(), field.end(), is_plain)) {
            text += '[' + base::quote_for_message(field) + ']';
            continue;
        }
        if (!text.empty()) text += '.';
        text += field;
    }
    return text;
}

bool Path::starts_with(const Path& other) const {
    return segments_.size() >= other.segments_.size() &&
           std::equal(other.segments_.begin(), other.segments_.end(), segments_.begin());
}

}  // namespace gatefile::diag
