// SPDX-License-Identifier: Apache-2.0
//
// Many of Go's regular expressions, searched for at once: what a text costs hardly depends on how
// many there are.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gatefile::base {

class RegexSet {
public:
    /// What is no pattern is found nowhere.
    explicit RegexSet(std::span<const std::string> go_patterns);
    ~RegexSet();
    RegexSet(RegexSet&&) noexcept;
    RegexSet& operator=(RegexSet&&) noexcept;

    /// The place of the first one that is found in the text.
    std::optional<std::size_t> first_in(std::string_view text) const;

private:
    struct Compiled;
    std::unique_ptr<const Compiled> compiled_;  ///< null: there is nothing to find
};

}  // namespace gatefile::base
