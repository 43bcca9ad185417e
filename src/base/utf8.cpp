// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstring>
#include <iterator>

#include "gatefile/base/strings.hpp"

namespace gatefile::base {
namespace {

struct Decoded {
    char32_t code_point = 0;
    std::size_t length = 0;  ///< 0 when the bytes are not UTF-8
};

constexpr bool continues(unsigned char byte) {
    return (byte & 0xC0) == 0x80;
}

/// The first code point of text that is not empty.
Decoded decode(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) return {lead, 1};
    std::size_t length = 0;
    char32_t value = 0;
    char32_t least = 0;
    if ((lead & 0xE0) == 0xC0) {
        length = 2;
        value = lead & 0x1F;
        least = 0x80;
    } else if ((lead & 0xF0) == 0xE0) {
        length = 3;
        value = lead & 0x0F;
        least = 0x800;
    } else if ((lead & 0xF8) == 0xF0) {
        length = 4;
        value = lead & 0x07;
        least = 0x10000;
    } else {
        return {};
    }
    if (text.size() < length) return {};
    for (std::size_t i = 1; i < length; ++i) {
        if (!continues(byte(i))) return {};
        value = value << 6 | (byte(i) & 0x3F);
    }
    const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (value < least || value > 0x10FFFF || surrogate) return {};
    return {value, length};
}

/// Characters that end a line or change how the rest of it looks: C1 controls, the line and
/// paragraph separators, the byte order mark, zero-width and bidirectional marks.
constexpr bool misleads(char32_t c) {
    return (c >= 0x80 && c <= 0x9F) || (c >= 0x200B && c <= 0x200F) ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0x061C ||
           c == 0xFEFF || (c >= 0xE0000 && c <= 0xE007F);
}

void append_escaped(std::string& out, std::string_view bytes, char32_t c) {
    if (c == '"' || c == '\\') {
        out += '\\';
        out += static_cast<char>(c);
    } else if (c == '\n') {
        out += "\\n";
    } else if (c == '\r') {
        out += "\\r";
    } else if (c == '\t') {
        out += "\\t";
    } else if (c < 0x20 || c == 0x7F) {
        fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned>(c));
    } else if (misleads(c)) {
        const auto value = static_cast<std::uint32_t>(c);
        if (value > 0xFFFF)
            fmt::format_to(std::back_inserter(out), "\\U{:08x}", value);
        else
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", value);
    } else {
        out += bytes;
    }
}

}  // namespace

std::string quote_for_message(std::string_view text, std::size_t limit) {
    std::string out = "\"";
    std::size_t used = 0;
    while (used < text.size()) {
        const Decoded next = decode(text.substr(used));
        const std::size_t length = next.length == 0 ? 1 : next.length;
        if (used + length > limit) break;
        if (next.length == 0) {
            const auto byte = static_cast<unsigned char>(text[used]);
            fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned>(byte));
        } else {
            append_escaped(out, text.substr(used, length), next.code_point);
        }
        used += length;
    }
    out += '"';
    if (used < text.size()) out += "...";
    return out;
}

std::size_t valid_utf8_prefix(std::string_view bytes) {
    std::size_t valid = 0;
    while (valid < bytes.size()) {
        const std::string_view rest = bytes.substr(valid);
        // Eight ASCII bytes at a time: nearly all manifests are nothing else.
        std::uint64_t word = 0;
        if (rest.size() >= sizeof word) {
            std::memcpy(&word, rest.data(), sizeof word);
            if ((word & 0x8080808080808080U) == 0) {
                valid += sizeof word;
                continue;
            }
        }
        const std::size_t length = decode(rest).length;
        if (length == 0) break;
        valid += length;
    }
    return valid;
}

bool is_utf8(std::string_view bytes) {
    return valid_utf8_prefix(bytes) == bytes.size();
}

std::size_t count_code_points(std::string_view utf8) {
    std::size_t count = 0;
    for (const char c : utf8)
        if (!continues(static_cast<unsigned char>(c))) ++count;
    return count;
}

}  // namespace gatefile::base
