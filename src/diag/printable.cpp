// SPDX-License-Identifier: Apache-2.0
#include "printable.hpp"

#include <iterator>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::diag {

std::size_t length_of_misleading(std::string_view text) {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    if (byte(0) < 0x20 || byte(0) == 0x7F) return 1;
    if (byte(0) == 0xC2 && byte(1) >= 0x80 && byte(1) <= 0x9F) return 2;
    if (byte(0) != 0xE2) return 0;
    const bool separator_or_bidi = byte(1) == 0x80 && byte(2) >= 0xA8 && byte(2) <= 0xAE;
    const bool isolate = byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9;
    return separator_or_bidi || isolate ? 3 : 0;
}

std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    std::size_t valid = base::valid_utf8_prefix(text);
    while (!text.empty()) {
        if (valid == 0) valid = base::valid_utf8_prefix(text);
        const std::size_t escaped = valid == 0 ? 1 : length_of_misleading(text);
        for (const char c : text.substr(0, escaped))
            fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
        const std::size_t used = escaped == 0 ? 1 : escaped;
        if (escaped == 0) out += text.front();
        text.remove_prefix(used);
        valid -= valid == 0 ? 0 : used;
    }
    return out;
}

}  // namespace gatefile::diag
