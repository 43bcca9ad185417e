// SPDX-License-Identifier: Apache-2.0
//
// Text without meaning: pieces, case, escapes. Everything here is ASCII-aware only; what Kubernetes
// or Traefik think of a string belongs to the modules that know them.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatefile::base {

std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(std::span<const std::string> parts, std::string_view separator);
std::string to_lower(std::string_view text);
bool equals_ignoring_case(std::string_view a, std::string_view b);
std::string_view trim(std::string_view text);

/// A whole decimal number, no sign unless negative, nothing around it; nothing if it overflows.
std::optional<std::int64_t> parse_int(std::string_view text);

/// Text from outside made fit for a message: control characters, quotes, bytes that are not UTF-8
/// and U+2028/9 are escaped, and it is cut at `limit` bytes ("..." marks the cut). Adds the quotes.
std::string quote_for_message(std::string_view text, std::size_t limit = 80);

/// The nearest of `candidates` by edit distance, for "did you mean"; empty when none is near.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

/// Whether the bytes are well-formed UTF-8 (no surrogates, no overlong forms).
bool is_utf8(std::string_view bytes);
/// How many bytes from the start are well-formed UTF-8; all of them when is_utf8().
std::size_t valid_utf8_prefix(std::string_view bytes);
/// Unicode code points in well-formed UTF-8.
std::size_t count_code_points(std::string_view utf8);

/// Go's StdEncoding: padding required, CR and LF ignored, anything else refused.
std::optional<std::string> decode_base64(std::string_view text);
std::string encode_base64(std::string_view bytes);

}  // namespace gatefile::base
