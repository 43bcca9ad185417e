// SPDX-License-Identifier: Apache-2.0
#include "gatefile/diag/junit.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"

namespace gatefile::diag {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// U+FFFE and U+FFFF are characters of UTF-8 and none of XML.
bool starts_with_noncharacter(std::string_view text) {
    return text.starts_with("\xEF\xBF\xBE") || text.starts_with("\xEF\xBF\xBF");
}

void append_character(std::string& out, char c, bool in_attribute) {
    switch (c) {
    case '&':
        out += "&amp;";
        return;
    case '<':
        out += "&lt;";
        return;
    case '>':
        out += "&gt;";
        return;
    case '"':
        out += "&quot;";
        return;
    case '\n':
    case '\t':
        // Readers turn them into blanks in an attribute.
        out += in_attribute ? fmt::format("&#{};", static_cast<int>(c)) : std::string(1, c);
        return;
    default:
        break;
    }
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20) {
        out += replacement;
    } else {
        out += c;
    }
}

std::string escaped(std::string_view text, bool in_attribute) {
    std::string out;
    out.reserve(text.size());
    std::size_t valid = base::valid_utf8_prefix(text);
    while (!text.empty()) {
        if (valid == 0) {
            out += replacement;
            text.remove_prefix(1);
            valid = base::valid_utf8_prefix(text);
            continue;
        }
        const std::size_t used = starts_with_noncharacter(text) ? 3 : 1;
        if (used == 3) {
            out += replacement;
        } else {
            append_character(out, text.front(), in_attribute);
        }
        text.remove_prefix(used);
        valid -= used;
        if (valid == 0) valid = base::valid_utf8_prefix(text);
    }
    return out;
}

std::string attribute(std::string_view name, std::string_view value) {
    return fmt::format(" {}=\"{}\"", name, escaped(value, true));
}

std::string print_case(const JunitCase& one) {
    std::string out = "    <testcase" + attribute("classname", one.group);
    out += attribute("name", one.name);
    if (!one.file.empty()) out += attribute("file", one.file);
    if (one.line != 0) out += attribute("line", std::to_string(one.line));
    std::string inside;
    if (one.failure) {
        inside += "      <failure" + attribute("type", one.failure->type);
        inside += attribute("message", one.failure->message) + ">";
        inside += escaped(one.failure->details, false) + "</failure>\n";
    }
    if (one.skipped) inside += "      <skipped/>\n";
    if (!one.notes.empty())
        inside += "      <system-out>" + escaped(one.notes, false) + "</system-out>\n";
    if (inside.empty()) return out + "/>\n";
    return out + ">\n" + inside + "    </testcase>\n";
}

}  // namespace

std::string print_junit(std::string_view suite, std::span<const JunitCase> cases) {
    const auto failures =
        std::ranges::count_if(cases, [](const JunitCase& one) { return one.failure.has_value(); });
    const auto skipped =
        std::ranges::count_if(cases, [](const JunitCase& one) { return one.skipped; });
    std::string counts =
        fmt::format(" tests=\"{}\" failures=\"{}\" errors=\"0\"", cases.size(), failures);
    if (skipped > 0) counts += fmt::format(" skipped=\"{}\"", skipped);
    std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" + counts + ">\n";
    out += "  <testsuite" + attribute("name", suite) + counts + ">\n";
    for (const JunitCase& one : cases)
        out += print_case(one);
    return out + "  </testsuite>\n</testsuites>\n";
}

}  // namespace gatefile::diag
