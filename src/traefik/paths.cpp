// SPDX-License-Identifier: Apache-2.0
#include "paths.hpp"

#include "gatefile/base/url_path.hpp"

namespace gatefile::traefik {
namespace {

/// Unreserved characters and those reserved ones that need no escape in a path (RFC 3986, pchar).
bool stands_for_itself(char c) {
    constexpr std::string_view punctuation = "-._~!$&'()*+,;=:@/";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           punctuation.find(c) != std::string_view::npos;
}

}  // namespace

std::string escaped_path(std::string_view written) {
    return base::encode_path(decoded_path(written));
}

std::string decoded_path(std::string_view written) {
    return (written.starts_with('/') ? "" : "/") + base::decode_path(written);
}

std::string escaped_prefix(std::string_view matched) {
    std::string out;
    for (const char c : matched) {
        // A % is the start of a reserved character's escape.
        if (stands_for_itself(c) || c == '%') {
            out += c;
        } else {
            base::append_escape(out, c);
        }
    }
    return out;
}

}  // namespace gatefile::traefik
