// SPDX-License-Identifier: Apache-2.0
#include "gatefile/diag/silence.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::diag {
namespace {

bool fits(std::string_view wanted, std::string_view have) {
    return wanted == "*" || wanted == have;
}

bool fits(const ObjectRef& wanted, const ObjectRef& have) {
    return fits(wanted.kind, have.kind) && fits(wanted.ns, have.ns) && fits(wanted.name, have.name);
}

}  // namespace

base::Result<Code> find_code(std::string_view name) {
    std::vector<std::string_view> names;
    for (const CodeInfo& code : all_codes()) {
        if (code.name == name) return code.code;
        names.push_back(code.name);
    }
    std::string text = fmt::format("there is no code {}", base::quote_for_message(name));
    const std::string_view meant = base::nearest(name, names);
    if (!meant.empty()) text += fmt::format("; did you mean {}?", meant);
    return base::Error{base::ErrorKind::Usage, std::move(text)};
}

base::Result<Ignore> parse_ignore(std::string_view text) {
    const std::size_t at = text.find('@');
    const auto code = find_code(text.substr(0, at));
    if (!code) return code.error();
    Ignore ignore{.code = *code, .object = {}};
    if (at == std::string_view::npos) return ignore;
    const auto parts = base::split(text.substr(at + 1), '/');
    const bool whole = std::ranges::none_of(parts, [](std::string_view p) { return p.empty(); });
    if (!whole || parts.size() < 2 || parts.size() > 3) {
        return base::Error{base::ErrorKind::Usage,
                           fmt::format("{}: CODE, CODE@KIND/NS/NAME or CODE@KIND/NAME is wanted",
                                       base::quote_for_message(text))};
    }
    const std::string_view ns = parts.size() == 3 ? parts[1] : std::string_view();
    ignore.object = ObjectRef{std::string(parts[0]), std::string(ns), std::string(parts.back())};
    return ignore;
}

Ignores ignores_of(const IgnoreNote& note) {
    Ignores found;
    for (const std::string_view part : base::split(note.codes, ',')) {
        const std::string_view name = base::trim(part);
        if (name.empty()) continue;
        const auto code = find_code(name);
        if (code) {
            found.ignores.push_back({.code = *code, .object = note.object});
        } else {
            found.faults.push_back(code.error().text);
        }
    }
    return found;
}

bool is_ignored(const Diagnostic& diagnostic, const std::vector<Ignore>& ignores) {
    return std::ranges::any_of(ignores, [&diagnostic](const Ignore& ignore) {
        return ignore.code == diagnostic.code &&
               (!ignore.object || fits(*ignore.object, diagnostic.object));
    });
}

}  // namespace gatefile::diag
