// SPDX-License-Identifier: Apache-2.0
#include "split.hpp"

#include <algorithm>

#include "gatefile/base/strings.hpp"

namespace gatefile::tree {
namespace {

constexpr std::string_view utf8_mark = "\xEF\xBB\xBF";
constexpr std::string_view utf16_big_mark = "\xFE\xFF";
constexpr std::string_view utf16_little_mark = "\xFF\xFE";

void append_utf8(std::string& out, char32_t c) {
    const auto put = [&out](char32_t byte) { out += static_cast<char>(byte); };
    if (c < 0x80) {
        put(c);
    } else if (c < 0x800) {
        put(0xC0 | c >> 6);
        put(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        // A surrogate without its partner comes out as three bytes that are not UTF-8, and is
        // refused with them.
        put(0xE0 | c >> 12);
        put(0x80 | (c >> 6 & 0x3F));
        put(0x80 | (c & 0x3F));
    } else {
        put(0xF0 | c >> 18);
        put(0x80 | (c >> 12 & 0x3F));
        put(0x80 | (c >> 6 & 0x3F));
        put(0x80 | (c & 0x3F));
    }
}

std::string utf8_from_utf16(std::string_view bytes, bool big_endian) {
    const auto unit = [&](std::size_t at) -> char32_t {
        const auto first = static_cast<unsigned char>(bytes[at]);
        const auto second = static_cast<unsigned char>(bytes[at + 1]);
        return big_endian ? first << 8U | second : second << 8U | first;
    };
    std::string out;
    out.reserve(bytes.size());
    std::size_t at = 0;
    for (; at + 1 < bytes.size(); at += 2) {
        char32_t c = unit(at);
        if (c >= 0xD800 && c < 0xDC00 && at + 3 < bytes.size()) {
            const char32_t low = unit(at + 2);
            if (low >= 0xDC00 && low < 0xE000) {
                c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
                at += 2;
            }
        }
        append_utf8(out, c);
    }
    if (at < bytes.size()) out += '\xFF';  // half a unit: not UTF-8, so that it is refused
    return out;
}

}  // namespace

std::string_view decode_text(std::string_view bytes, std::string& storage) {
    if (bytes.starts_with(utf8_mark)) return bytes.substr(utf8_mark.size());
    const bool big_endian = bytes.starts_with(utf16_big_mark);
    if (!big_endian && !bytes.starts_with(utf16_little_mark)) return bytes;
    storage = utf8_from_utf16(bytes.substr(utf16_big_mark.size()), big_endian);
    return storage;
}

std::vector<Chunk> split_documents(std::string_view text, std::vector<Fault>& faults) {
    constexpr std::string_view separator = "---";
    std::vector<Chunk> chunks;
    std::size_t begin = 0;
    std::uint32_t begin_line = 1;
    std::uint32_t line_number = 1;
    bool wanted = true;
    for (std::size_t at = 0; at < text.size(); ++line_number) {
        const std::size_t newline = std::min(text.find('\n', at), text.size());
        const std::string_view line = text.substr(at, newline - at);
        const std::size_t next = std::min(newline + 1, text.size());
        if (line.starts_with(separator)) {
            if (wanted) chunks.push_back({text.substr(begin, at - begin), begin_line});
            const std::string_view rest = base::trim(line.substr(separator.size()));
            wanted = rest.empty() || rest.starts_with('#');
            if (!wanted)
                faults.push_back(
                    {{line_number, 1},
                     "invalid Yaml document separator: " + base::quote_for_message(rest)});
            begin = next;
            begin_line = line_number + 1;
        }
        at = next;
    }
    if (wanted) chunks.push_back({text.substr(begin), begin_line});
    return chunks;
}

Position position_of(std::string_view text, std::size_t offset, std::uint32_t first_line) {
    const std::string_view before = text.substr(0, offset);
    const auto lines = std::count(before.begin(), before.end(), '\n');
    const std::size_t newline = before.rfind('\n');
    const std::string_view line =
        newline == std::string_view::npos ? before : before.substr(newline + 1);
    return {first_line + static_cast<std::uint32_t>(lines),
            static_cast<std::uint32_t>(base::count_code_points(line)) + 1};
}

}  // namespace gatefile::tree
