// SPDX-License-Identifier: Apache-2.0
//
// CEL's words.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/base/result.hpp"

namespace gatefile::api::cel {

enum class TokenKind : std::uint8_t { End, Identifier, Int, Double, String, Symbol };

struct Token {
    TokenKind kind = TokenKind::End;
    std::string_view text;  ///< as written; of a String see `content`
    std::string content;    ///< of a String, escapes resolved
    std::size_t offset = 0;
};

/// Ends with an End token.
base::Result<std::vector<Token>> tokenize(std::string_view text);

/// Kubernetes escapes property names that are CEL's own words or hold other characters:
/// "__namespace__", "a__dash__b".
std::string unescape_field(std::string_view name);

}  // namespace gatefile::api::cel
