// SPDX-License-Identifier: Apache-2.0
#include "gatefile/diag/page.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::diag {
namespace {

constexpr std::size_t count = []() consteval {
    std::size_t rows = 0;
#define GATEFILE_CODE(id, name, severity, klass, condition, reason, meaning) ++rows;
#include "gatefile/diag/code_table.hpp"
#undef GATEFILE_CODE
    return rows;
}
();

constexpr std::array<Page, count> pages = []() consteval {
    std::array<Page, count> made{};
#define GATEFILE_CURE(id, text) made[static_cast<std::size_t>(Code::id)].cure = text;
#include "cures.inc"
#undef GATEFILE_CURE
#define GATEFILE_EXAMPLE(id, text) made[static_cast<std::size_t>(Code::id)].example = text;
#include "examples.inc"
#undef GATEFILE_EXAMPLE
    return made;
}
();

static_assert(std::ranges::none_of(pages, [](const Page& page) { return page.cure.empty(); }),
              "cures.inc lacks a code");

}  // namespace

const Page& page(Code code) {
    return pages.at(static_cast<std::size_t>(code));
}

std::string print_page(Code code) {
    const CodeInfo& about = info(code);
    const Page& more = page(code);
    std::string text =
        fmt::format("{} ({}): {}\n", about.name, severity_name(about.severity), about.meaning);
    if (about.condition != Condition::None) {
        text += fmt::format(
            "Condition: {}, reason {}\n", condition_name(about.condition), about.reason);
    }
    text += fmt::format("\nWhat to do: {}\n", more.cure);
    if (more.example.empty()) return text;
    text += "\nFor example:\n\n";
    for (const std::string_view line : base::split(more.example, '\n')) {
        text += line.empty() ? "\n" : fmt::format("    {}\n", line);
    }
    return text;
}

}  // namespace gatefile::diag
