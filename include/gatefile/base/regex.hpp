// SPDX-License-Identifier: Apache-2.0
//
// Go's regular expressions (RE2 syntax) for patterns that Traefik will compile, and for our own
// schema checks. The only user of RE2. A pattern accepted here is accepted by Go 1.26's regexp and
// the other way round, but for RE2's memory cap.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "gatefile/base/result.hpp"

namespace re2 {
class RE2;
}

namespace gatefile::base {

class Regex {
public:
    /// Error text is RE2's reason, without the pattern.
    static Result<Regex> compile(std::string_view go_pattern);

    /// Unanchored search, as Go's Regexp.MatchString.
    bool matches(std::string_view text) const;

    /// As Go's Regexp.ReplaceAllString: `$1`, `${1}` and `${name}` in the template stand for what
    /// the groups took, `$$` for a dollar.
    std::string replace_all(std::string_view text, std::string_view go_template) const;

private:
    explicit Regex(std::shared_ptr<const re2::RE2> compiled) : compiled_(std::move(compiled)) {}
    std::shared_ptr<const re2::RE2> compiled_;
};

/// The pattern as a group of a larger one, in which it takes the whole of its part: it cannot reach
/// beyond it, and anchors at its ends are left out. Error when it is no pattern or has anchors
/// elsewhere.
Result<std::string> regex_part(std::string_view go_pattern);

/// What a pattern is searched in.
enum class RegexSubject : std::uint8_t {
    AnyText,
    Path,  ///< of a request: starts with a slash
};

/// Whether a pattern that compiles can match nothing at all ("a^", "$x", an empty class). False
/// also when that could not be decided.
bool never_matches(std::string_view go_pattern, RegexSubject subject = RegexSubject::AnyText);

/// The text as a pattern that matches exactly it, as Go's regexp.QuoteMeta.
std::string quote_regex(std::string_view text);

}  // namespace gatefile::base
