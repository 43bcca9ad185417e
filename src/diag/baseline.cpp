// SPDX-License-Identifier: Apache-2.0
#include "gatefile/diag/baseline.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "gatefile/base/strings.hpp"
#include "gatefile/diag/report.hpp"
#include "printable.hpp"

namespace gatefile::diag {
namespace {

constexpr std::size_t fingerprint_length = 16;

bool is_fingerprint(std::string_view text) {
    return text.size() == fingerprint_length &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string about(const Finding& finding) {
    const Diagnostic& d = finding.diagnostic;
    std::string text(info(d.code).name);
    text += ' ' + (d.object == ObjectRef{} ? finding.path : d.object.text());
    if (!d.path.empty()) text += ' ' + d.path.text();
    return printable(text);
}

}  // namespace

base::Result<Baseline> parse_baseline(std::string_view text) {
    Baseline baseline;
    std::size_t number = 0;
    for (const std::string_view raw : base::split(text, '\n')) {
        ++number;
        const std::string_view line = base::trim(raw);
        if (line.empty() || line.front() == '#') continue;
        const std::size_t first = std::min(line.find(' '), line.size());
        const std::size_t second = std::min(line.find(' ', first + 1), line.size());
        const auto count =
            base::parse_int(line.substr(std::min(first + 1, line.size()), second - first - 1));
        if (!is_fingerprint(line.substr(0, first)) || !count || *count < 1) {
            return base::Error{base::ErrorKind::Usage,
                               fmt::format("line {}: no entry of a baseline; --write-baseline "
                                           "writes one",
                                           number)};
        }
        const std::string_view rest = second == line.size() ? "" : line.substr(second + 1);
        baseline.entries.push_back({.fingerprint = std::string(line.substr(0, first)),
                                    .count = static_cast<std::size_t>(*count),
                                    .about = std::string(rest)});
    }
    return baseline;
}

std::string write_baseline(const Baseline& baseline) {
    std::string out = "# Findings that are known: gatefile check --write-baseline wrote them, "
                      "--baseline reads them.\n";
    for (const BaselineEntry& entry : baseline.entries)
        out += fmt::format("{} {} {}\n", entry.fingerprint, entry.count, entry.about);
    return out;
}

Baseline baseline_of(const Report& report) {
    std::map<std::string, BaselineEntry> entries;
    for (const Finding& finding : report.findings) {
        const std::string key = finding.fingerprint.substr(0, fingerprint_length);
        BaselineEntry& entry = entries[key];
        if (entry.count++ > 0) continue;
        entry.fingerprint = key;
        entry.about = about(finding);
    }
    Baseline baseline;
    for (auto& [key, entry] : entries)
        baseline.entries.push_back(std::move(entry));
    std::ranges::sort(baseline.entries, [](const BaselineEntry& a, const BaselineEntry& b) {
        return std::tie(a.about, a.fingerprint) < std::tie(b.about, b.fingerprint);
    });
    return baseline;
}

}  // namespace gatefile::diag
