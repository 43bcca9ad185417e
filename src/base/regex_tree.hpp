// SPDX-License-Identifier: Apache-2.0
//
// A regular expression as a tree, in which characters are known by their class only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace gatefile::base {

/// What stands on one side of a position; sets of it are bit masks.
enum RegexSide : std::uint8_t { Edge = 1, Newline = 2, Word = 4, Slash = 8, Other = 16 };
constexpr std::uint8_t any_character = Newline | Word | Slash | Other;
constexpr std::uint8_t anything = Edge | any_character;
constexpr std::uint8_t not_word = anything & ~Word;

struct RegexNode {
    enum class Kind : std::uint8_t {
        Character,
        Begin,
        End,
        LineBegin,
        LineEnd,
        Boundary,
        Inside,
        Sequence,
        Choice,
        Repeat
    };
    Kind kind = Kind::Sequence;
    std::uint8_t sides = 0;  ///< of Character
    int least = 0;           ///< of Repeat
    int most = -1;           ///< of Repeat; -1: no limit
    std::vector<std::size_t> children = {};
};

/// The nodes of a pattern that is known to compile; the last one is the whole of it.
std::vector<RegexNode> parse_regex(std::string_view go_pattern);

}  // namespace gatefile::base
