// SPDX-License-Identifier: Apache-2.0
#include "gatefile/base/regex.hpp"

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
