// SPDX-License-Identifier: Apache-2.0
//
// A template cut into text and actions, and an action into tokens.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gatefile::traefik::check {

enum class TokenKind {
    Word,      ///< an identifier, a keyword, true, false or nil
    Field,     ///< .Name
    Variable,  ///< $ or $name
    Dot,
    Number,
    Character,
    String,  ///< its value is unquoted
    Declare,
    Assign,
    Pipe,
    Open,
    Close,
    Comma,
    Space,
};

struct Token {
    TokenKind kind = TokenKind::Space;
    std::string value;
    std::size_t at = 0;
};

/// A stretch of text, or an action; comments are gone, and what trim markers take.
struct Segment {
    std::size_t at = 0;
    std::string_view text;
    bool is_action = false;
    std::vector<Token> tokens;
};

/// Where the text cannot be cut, and why; `at` is an offset.
struct CutFault {
    std::size_t at = 0;
    std::string text;
};

std::variant<std::vector<Segment>, CutFault> cut_template(std::string_view source);

}  // namespace gatefile::traefik::check
