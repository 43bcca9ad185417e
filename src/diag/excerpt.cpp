// SPDX-License-Identifier: Apache-2.0
#include "excerpt.hpp"

#include <algorithm>
#include <vector>

#include "gatefile/base/strings.hpp"
#include "printable.hpp"

namespace gatefile::diag {
namespace {

constexpr std::size_t widest = 100;
constexpr std::size_t kept_before = 60;

/// Code points, and single bytes where there is no UTF-8.
std::vector<std::string_view> characters(std::string_view text) {
    std::vector<std::string_view> result;
    while (!text.empty()) {
        const std::size_t valid = base::valid_utf8_prefix(text);
        for (std::size_t begin = 0; begin < valid;) {
            std::size_t end = begin + 1;
            while (end < valid && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80)
                ++end;
            result.push_back(text.substr(begin, end - begin));
            begin = end;
        }
        text.remove_prefix(valid);
        if (text.empty()) break;
        result.push_back(text.substr(0, 1));
        text.remove_prefix(1);
    }
    return result;
}

}  // namespace

Excerpt excerpt(std::string_view line, std::uint32_t column) {
    const std::vector<std::string_view> all = characters(line);
    const std::size_t caret = std::min<std::size_t>(column == 0 ? 0 : column - 1, all.size());
    const bool fits = all.size() <= widest;
    const std::size_t begin =
        fits || caret <= kept_before ? 0 : std::min(caret - kept_before, all.size() - widest);
    const std::size_t end = std::min(begin + widest, all.size());
    Excerpt result;
    if (begin > 0) {
        result.line = "…";
        result.before_caret = " ";
    }
    for (std::size_t i = begin; i < end; ++i) {
        const bool tab = all[i] == "\t";
        const std::string shown = tab ? "\t" : printable(all[i]);
        result.line += shown;
        if (i >= caret) continue;
        const std::size_t width = shown == all[i] ? 1 : shown.size();
        result.before_caret += tab ? "\t" : std::string(width, ' ');
    }
    if (end < all.size()) result.line += "…";
    return result;
}

}  // namespace gatefile::diag
