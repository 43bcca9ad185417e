// SPDX-License-Identifier: Apache-2.0
#include "test_cases.hpp"

#include <utility>

#include <fmt/format.h>

#include "exit.hpp"
#include "gatefile/base/strings.hpp"
#include "gatefile/diag/print.hpp"

namespace gatefile::cli {

namespace {

std::string field_text(const analysis::Expected& expected) {
    std::string what(field_name(expected.field));
    if (!expected.header.empty()) what += " " + base::quote_for_message(expected.header);
    return what;
}

/// "status: expected "302", found "301"".
std::string miss_text(const analysis::Miss& miss) {
    std::string wanted;
    for (const std::string& value : miss.expected.values)
        wanted += (wanted.empty() ? "" : ", ") + base::quote_for_message(value, 300);
    return fmt::format("{}: expected {}, found {}",
                       field_text(miss.expected),
                       wanted.empty() ? "it" : wanted,
                       miss.found);
}

std::string placed(const std::string& file, const analysis::Miss& miss) {
    const tree::Position at = miss.expected.at;
    return fmt::format("{}:{}:{}: {}", file, at.line, at.column, miss_text(miss));
}

/// What was not judged, by the reason: "route, rule (a client cannot see it)".
std::string unjudged_text(const std::vector<analysis::Unjudged>& unjudged) {
    std::vector<std::pair<std::string_view, std::vector<std::string>>> groups;
    for (const analysis::Unjudged& one : unjudged) {
        if (groups.empty() || groups.back().first != one.why) groups.push_back({one.why, {}});
        groups.back().second.push_back(field_text(one.expected));
    }
    std::string text;
    for (const auto& [why, fields] : groups)
        text += fmt::format("{}{} ({})", text.empty() ? "" : "; ", base::join(fields, ", "), why);
    return text.empty() ? text : "not judged: " + text;
}

std::string title_of(const analysis::RouteTest& test) {
    const std::string quoted = base::quote_for_message(test.name, 300);
    return quoted.substr(1, quoted.size() - 2);
}

diag::Diagnostic finding(const std::string& file,
                         const std::string& title,
                         const analysis::Miss& miss) {
    const tree::Position at = miss.expected.at;
    return {.code = diag::Code::TestFailed,
            .object = {},
            .path = {},
            .detail = fmt::format("\"{}\": {}", title, miss_text(miss)),
            .hint = {},
            .at = diag::SourcePosition{file, at.line, at.column}};
}

}  // namespace

TestedCase tested(const std::string& file,
                  const analysis::RouteTest& test,
                  const analysis::Verdict& verdict) {
    TestedCase out{.unit = {.group = file,
                            .name = test.name,
                            .file = file,
                            .line = test.at.line,
                            .failure = {}},
                   .title = title_of(test),
                   .misses = {}};
    out.unit.notes = unjudged_text(verdict.unjudged);
    out.unit.skipped =
        !verdict.unjudged.empty() && verdict.unjudged.size() == test.expected.size();
    const std::vector<analysis::Miss>& misses = verdict.misses;
    if (misses.empty()) return out;
    diag::JunitCase::Failure failure{.type = std::string(field_name(misses[0].expected.field)),
                                     .message = placed(file, misses[0]),
                                     .details = {}};
    for (const analysis::Miss& miss : misses) {
        failure.details += placed(file, miss) + "\n";
        out.misses.push_back(finding(file, out.title, miss));
    }
    out.unit.failure = std::move(failure);
    return out;
}

void print_tap(std::size_t number, const TestedCase& one, SourceTexts& sources, bool color) {
    const diag::JunitCase& unit = one.unit;
    print(fmt::format("{} {} - {}{}\n",
                      unit.failure ? "not ok" : "ok",
                      number,
                      one.title,
                      unit.skipped ? " # SKIP nothing of it can be judged" : ""));
    if (unit.failure) {
        auto miss = one.misses.begin();
        for (const std::string_view line : base::split(unit.failure->details, '\n')) {
            if (line.empty()) continue;
            std::string text = fmt::format("#   {}\n", line);
            const std::string shown = sources.shown(*miss->at, diag::Severity::Error, color);
            for (const std::string_view row : base::split(shown, '\n'))
                if (!row.empty()) text += fmt::format("#   {}\n", row);
            print(text);
            ++miss;
        }
    }
    if (!unit.notes.empty()) print(fmt::format("#   {}\n", unit.notes));
}

}  // namespace gatefile::cli
