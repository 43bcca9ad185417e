// SPDX-License-Identifier: Apache-2.0
#include "gatefile/base/regex.hpp"

#include <algorithm>
#include <vector>

#include <re2/re2.h>

#include "gatefile/base/strings.hpp"
#include "go_regex_syntax.hpp"

namespace gatefile::base {
namespace {

/// Go allows programs of 128 MiB; RE2's default of 8 MiB refuses some that Go takes.
constexpr std::int64_t memory_limit = 64 << 20;

re2::StringPiece piece(std::string_view text) {
    return {text.data(), text.size()};
}

/// RE2 says "missing ): abc("; the part behind the colon comes from the pattern.
std::string reason(const re2::RE2& compiled) {
    const std::string& error = compiled.error();
    const std::string& fragment = compiled.error_arg();
    if (fragment.empty()) return error;
    const std::string tail = ": " + fragment;
    if (!error.ends_with(tail)) return error;
    return error.substr(0, error.size() - tail.size()) + ": " + quote_for_message(fragment);
}

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// The group of this number or name took it; empty where there is none.
std::string_view
group_text(const re2::RE2& compiled, const std::vector<re2::StringPiece>& groups, std::string name) {
    std::size_t index = groups.size();
    if (const auto number = parse_int(name)) {
        if (*number >= 0) index = static_cast<std::size_t>(*number);
    } else {
        const auto& named = compiled.NamedCapturingGroups();
        if (const auto found = named.find(name); found != named.end())
            index = static_cast<std::size_t>(found->second);
    }
    if (index >= groups.size() || groups[index].data() == nullptr) return {};
    return {groups[index].data(), groups[index].size()};
}

/// Go's Regexp.Expand.
void expand(const re2::RE2& compiled,
            const std::vector<re2::StringPiece>& groups,
            std::string_view rest,
            std::string& out) {
    while (!rest.empty()) {
        const std::size_t dollar = std::min(rest.find('$'), rest.size());
        out += rest.substr(0, dollar);
        rest.remove_prefix(dollar);
        if (rest.empty()) return;
        rest.remove_prefix(1);
        if (rest.starts_with('$')) {
            out += '$';
            rest.remove_prefix(1);
            continue;
        }
        const bool braced = rest.starts_with('{');
        std::size_t end = braced ? 1 : 0;
        const std::size_t begin = end;
        while (end < rest.size() && is_word(rest[end]))
            ++end;
        if (end == begin || (braced && (end == rest.size() || rest[end] != '}'))) {
            out += '$';
            continue;
        }
        out += group_text(compiled, groups, std::string(rest.substr(begin, end - begin)));
        rest.remove_prefix(braced ? end + 1 : end);
    }
}

}  // namespace

Result<Regex> Regex::compile(std::string_view go_pattern) {
    const Result<std::string> pattern = translate_go_pattern(go_pattern);
    if (!pattern) return pattern.error();
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(memory_limit);
    auto compiled = std::make_shared<const re2::RE2>(piece(*pattern), options);
    if (!compiled->ok()) return Error{ErrorKind::Usage, reason(*compiled)};
    return Regex(std::move(compiled));
}

bool Regex::matches(std::string_view text) const {
    return re2::RE2::PartialMatch(piece(text), *compiled_);
}

std::string Regex::replace_all(std::string_view text, std::string_view go_template) const {
    std::vector<re2::StringPiece> groups(
        static_cast<std::size_t>(compiled_->NumberOfCapturingGroups()) + 1);
    std::string out;
    std::size_t at = 0;
    std::size_t last_end = std::string_view::npos;
    while (at <= text.size() &&
           compiled_->Match(piece(text),
                            at,
                            text.size(),
                            re2::RE2::UNANCHORED,
                            groups.data(),
                            static_cast<int>(groups.size()))) {
        const auto start = static_cast<std::size_t>(groups[0].data() - text.data());
        const std::size_t end = start + groups[0].size();
        out += text.substr(at, start - at);
        // Nothing right behind a match is no match of its own.
        if (start != end || start != last_end) expand(*compiled_, groups, go_template, out);
        last_end = end;
        at = end;
        if (start == end) {
            if (at < text.size()) out += text[at];
            ++at;
        }
    }
    if (at < text.size()) out += text.substr(at);
    return out;
}

std::string quote_regex(std::string_view text) {
    constexpr std::string_view special = "\\.+*?()|[]{}^$";
    std::string quoted;
    quoted.reserve(text.size() + 8);
    for (const char c : text) {
        if (special.find(c) != std::string_view::npos) quoted += '\\';
        quoted += c;
    }
    return quoted;
}

}  // namespace gatefile::base
