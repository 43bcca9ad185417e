// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <string>
#include <string_view>

#include "gatefile/base/regex.hpp"

namespace gatefile::base {
namespace {

/// What matters of a pattern when it is put between others.
struct Outline {
    bool starts_anchored = false;
    bool ends_anchored = false;
    std::size_t anchors = 0;
    bool open_quote = false;  ///< a \Q without \E would quote what comes behind
};

/// Behind the class that starts at `at`; the pattern is known to compile.
std::size_t skip_class(std::string_view pattern, std::size_t at) {
    ++at;
    if (at < pattern.size() && pattern[at] == '^') ++at;
    for (bool first = true; at < pattern.size() && (first || pattern[at] != ']'); first = false) {
        const std::size_t name_end =
            pattern.substr(at, 2) == "[:" ? pattern.find(":]", at + 2) : std::string_view::npos;
        if (name_end != std::string_view::npos) {
            at = name_end + 2;
        } else {
            at += pattern[at] == '\\' ? 2U : 1U;
        }
    }
    return at + 1;
}

Outline outline_of(std::string_view pattern) {
    Outline found;
    const auto note_begin = [&](std::size_t at) {
        ++found.anchors;
        if (at == 0) found.starts_anchored = true;
    };
    const auto note_end = [&](std::size_t behind) {
        ++found.anchors;
        if (behind == pattern.size()) found.ends_anchored = true;
    };
    for (std::size_t at = 0; at < pattern.size();) {
        const char c = pattern[at];
        const char next = at + 1 < pattern.size() ? pattern[at + 1] : '\0';
        if (c == '\\' && next == 'Q') {
            const std::size_t end = pattern.find("\\E", at + 2);
            found.open_quote = end == std::string_view::npos;
            at = found.open_quote ? pattern.size() : end + 2;
        } else if (c == '\\') {
            if (next == 'A') note_begin(at);
            if (next == 'z') note_end(at + 2);
            at += 2;
        } else if (c == '[') {
            at = skip_class(pattern, at);
        } else {
            if (c == '^') note_begin(at);
            if (c == '$') note_end(at + 1);
            ++at;
        }
    }
    return found;
}

}  // namespace

Result<std::string> regex_part(std::string_view go_pattern) {
    if (const auto compiled = Regex::compile(go_pattern); !compiled) return compiled.error();
    const Outline outline = outline_of(go_pattern);
    std::string_view inner = go_pattern;
    std::size_t removed = 0;
    if (outline.starts_anchored) {
        inner.remove_prefix(inner[0] == '^' ? 1 : 2);
        ++removed;
    }
    if (outline.ends_anchored) {
        inner.remove_suffix(inner.back() == 'z' ? 2 : 1);
        ++removed;
    }
    std::string part = "(?:";
    part += inner;
    if (outline.open_quote) part += "\\E";
    part += ')';
    const bool good = removed == outline.anchors && Regex::compile(inner).has_value();
    if (good && Regex::compile(part).has_value()) return part;
    return Error{ErrorKind::Usage, "anchors can stand at its ends only, where they are implied"};
}

}  // namespace gatefile::base
