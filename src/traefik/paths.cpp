// SPDX-License-Identifier: Apache-2.0
#include "paths.hpp"

namespace gatefile::traefik {
namespace {

/// Unreserved characters and those reserved ones that need no escape in a path (RFC 3986, pchar).
bool stands_for_itself(char c) {
    constexpr std::string_view punctuation = "-._~!$&'()*+,;=:@/";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           punctuation.find(c) != std::string_view::npos;
}

void append_escaped(std::string& out, char c) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4U];
    out += digits[byte & 15U];
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// The byte of an escape at the start of `text`; -1 when there is none.
int escaped_byte(std::string_view text) {
    if (text.size() < 3 || text[0] != '%') return -1;
    const int high = hex_digit(text[1]);
    const int low = hex_digit(text[2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

}  // namespace

std::string escaped_path(std::string_view written) {
    std::string out;
    if (!written.starts_with('/')) out += '/';
    for (std::size_t i = 0; i < written.size(); ++i) {
        if (stands_for_itself(written[i]) || escaped_byte(written.substr(i)) >= 0) {
            out += written[i];
        } else {
            append_escaped(out, written[i]);
        }
    }
    return out;
}

std::string decoded_path(std::string_view written) {
    std::string out;
    if (!written.starts_with('/')) out += '/';
    for (std::size_t i = 0; i < written.size(); ++i) {
        const int byte = escaped_byte(written.substr(i));
        out += byte < 0 ? written[i] : static_cast<char>(byte);
        if (byte >= 0) i += 2;
    }
    return out;
}

std::string escaped_prefix(std::string_view matched) {
    std::string out;
    for (const char c : matched) {
        // A % is the start of a reserved character's escape.
        if (stands_for_itself(c) || c == '%') {
            out += c;
        } else {
            append_escaped(out, c);
        }
    }
    return out;
}

}  // namespace gatefile::traefik
