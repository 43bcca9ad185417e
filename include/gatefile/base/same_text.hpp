// SPDX-License-Identifier: Apache-2.0
//
// Keys of documents: short, few, and looked up more often than anything else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace gatefile::base {

/// Where a key is looked for in a table: those of one object hardly ever agree in length, first and
/// last byte.
inline std::size_t place_of_key(std::string_view key) {
    if (key.empty()) return 0;
    const auto first = static_cast<unsigned char>(key.front());
    const auto last = static_cast<unsigned char>(key.back());
    return key.size() * 5 + first * std::size_t{3} + last;
}

/// a == b, without a call where they are short.
inline bool same_text(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    const std::size_t size = a.size();
    const auto agree = [&]<typename Word>(Word) {
        // The last word overlaps the first where the size is no multiple.
        const std::size_t last = size - sizeof(Word);
        Word words[4];
        std::memcpy(&words[0], a.data(), sizeof(Word));
        std::memcpy(&words[1], b.data(), sizeof(Word));
        std::memcpy(&words[2], a.data() + last, sizeof(Word));
        std::memcpy(&words[3], b.data() + last, sizeof(Word));
        return ((words[0] ^ words[1]) | (words[2] ^ words[3])) == 0;
    };
    if (size > 16) return std::memcmp(a.data(), b.data(), size) == 0;
    if (size >= 8) return agree(std::uint64_t{});
    if (size >= 4) return agree(std::uint32_t{});
    for (std::size_t i = 0; i < size; ++i)
        if (a[i] != b[i]) return false;
    return true;
}

}  // namespace gatefile::base
