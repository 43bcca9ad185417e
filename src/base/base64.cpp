// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "gatefile/base/strings.hpp"

namespace gatefile::base {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::uint8_t not_in_alphabet = 0xff;

constexpr std::array<std::uint8_t, 256> make_values() {
    std::array<std::uint8_t, 256> values{};
    values.fill(not_in_alphabet);
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        values[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
    return values;
}

constexpr auto values = make_values();

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    std::uint32_t group = 0;
    int digits = 0;
    int padding = 0;
    bool ended = false;
    for (const char c : text) {
        if (c == '\r' || c == '\n') continue;
        if (ended) return std::nullopt;
        if (c == '=') {
            if (digits < 2) return std::nullopt;
            ++padding;
        } else {
            const std::uint8_t value = values[static_cast<unsigned char>(c)];
            if (value == not_in_alphabet || padding > 0) return std::nullopt;
            group = group << 6 | value;
            ++digits;
        }
        if (digits + padding < 4) continue;
        group <<= 6 * padding;
        // Go does not look at the bits that padding leaves over, so neither do we.
        for (int i = 0; i < 3 - padding; ++i)
            bytes += static_cast<char>(static_cast<unsigned char>(group >> (16 - 8 * i)));
        ended = padding > 0;
        group = 0;
        digits = padding = 0;
    }
    if (digits != 0) return std::nullopt;
    return bytes;
}

std::string encode_base64(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t present = bytes.size() - i < 3 ? bytes.size() - i : 3;
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k)
            group = group << 8 | (k < present ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            text += k <= present ? alphabet[group >> (18 - 6 * k) & 63] : '=';
    }
    return text;
}

}  // namespace gatefile::base
