// SPDX-License-Identifier: Apache-2.0
#include "gatefile/base/url_path.hpp"

#include <algorithm>

namespace gatefile::base {
namespace {

int hex_value(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
    return -1;
}

bool is_one_of(char c, std::string_view set) {
    return set.find(c) != std::string_view::npos;
}

/// url.validEncoded
bool stands_for_itself(char c) {
    return is_unreserved(c) || is_one_of(c, "!$&'()*+,;=:@/[]%");
}

}  // namespace

int escaped_byte(std::string_view text) {
    if (text.size() < 3 || text[0] != '%') return -1;
    const int high = hex_value(text[1]);
    const int low = hex_value(text[2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           is_one_of(c, "-._~");
}

void append_escape(std::string& out, char byte) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto value = static_cast<unsigned char>(byte);
    out += '%';
    out += digits[value >> 4U];
    out += digits[value & 15U];
}

std::string decode_path(std::string_view path) {
    std::string out;
    out.reserve(path.size());
    for (std::size_t i = 0; i < path.size(); ++i) {
        const int byte = escaped_byte(path.substr(i));
        out += byte < 0 ? path[i] : static_cast<char>(byte);
        if (byte >= 0) i += 2;
    }
    return out;
}

std::string encode_path(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size());
    for (const char c : bytes) {
        if (is_unreserved(c) || is_one_of(c, "$&+,/:;=@")) {
            out += c;
        } else {
            append_escape(out, c);
        }
    }
    return out;
}

std::string sent_on(std::string_view path) {
    return std::ranges::all_of(path, stands_for_itself) ? std::string(path)
                                                        : encode_path(decode_path(path));
}

}  // namespace gatefile::base
