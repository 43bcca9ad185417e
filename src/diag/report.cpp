// SPDX-License-Identifier: Apache-2.0
#include "gatefile/diag/report.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <variant>

#include <fmt/format.h>

#include "gatefile/base/hash.hpp"

namespace gatefile::diag {
namespace {

std::string relative_path(const std::string& source, const std::string& working_directory) {
    if (source.empty() || source == "-") return "stdin";
    const std::filesystem::path path = std::filesystem::path(source).lexically_normal();
    if (path.is_relative() || working_directory.empty()) return path.generic_string();
    const std::filesystem::path below = path.lexically_relative(working_directory);
    const bool outside = below.empty() || *below.begin() == "..";
    return (outside ? path : below).generic_string();
}

/// What a message quotes: names and values from the input, which stay when its words change.
void append_quoted(std::string& out, std::string_view text) {
    std::size_t begin = text.find('"');
    while (begin != std::string_view::npos) {
        std::size_t end = begin + 1;
        while (end < text.size() && text[end] != '"')
            end += text[end] == '\\' ? 2U : 1U;
        end = std::min(end, text.size());
        out += text.substr(begin, end - begin);
        out += '\n';
        begin = end < text.size() ? text.find('"', end + 1) : std::string_view::npos;
    }
}

/// Entries of a baseline, as far as they have not been met yet.
class Known {
public:
    explicit Known(const std::optional<Baseline>& baseline) {
        if (!baseline) return;
        for (const BaselineEntry& entry : baseline->entries)
            left_[entry.fingerprint].push_back(entry);
    }

    bool take(const std::string& key) {
        const auto found = left_.find(key);
        if (found == left_.end()) return false;
        for (BaselineEntry& entry : found->second) {
            if (entry.count == 0) continue;
            --entry.count;
            return true;
        }
        return false;
    }

    std::vector<BaselineEntry> left() const {
        std::vector<BaselineEntry> result;
        for (const auto& [key, entries] : left_) {
            std::ranges::copy_if(entries, std::back_inserter(result), [](const BaselineEntry& e) {
                return e.count > 0;
            });
        }
        return result;
    }

private:
    std::map<std::string, std::vector<BaselineEntry>> left_;
};

}  // namespace

std::string fingerprint(const Diagnostic& diagnostic, std::string_view path) {
    const ObjectRef& object = diagnostic.object;
    std::string text = fmt::format(
        "{}\n{}\n{}\n{}\n", info(diagnostic.code).name, object.kind, object.ns, object.name);
    if (object == ObjectRef{}) text += path;
    for (const Path::Segment& segment : diagnostic.path.segments()) {
        if (const auto* field = std::get_if<std::string>(&segment)) text += *field + '.';
    }
    text += '\n' + diagnostic.listener.value_or("") + '\n';
    append_quoted(text, diagnostic.detail);
    return base::sha256_hex(text).substr(0, 16);
}

bool Report::fails(Severity threshold) const {
    return std::ranges::any_of(findings, [threshold](const Finding& finding) {
        return info(finding.diagnostic.code).severity <= threshold;
    });
}

Diagnostics Report::diagnostics() const {
    Diagnostics result;
    for (const Finding& finding : findings)
        result.add(finding.diagnostic);
    return result;
}

Report make_report(const Diagnostics& diagnostics,
                   const std::string& working_directory,
                   const Muting& muting) {
    Report report;
    Known known(muting.baseline);
    std::map<std::string, std::size_t> seen;
    for (const Diagnostic& diagnostic : diagnostics.items()) {
        if (is_ignored(diagnostic, muting.ignores)) {
            ++report.silenced;
            continue;
        }
        std::string path =
            diagnostic.at ? relative_path(diagnostic.at->source, working_directory) : "";
        const std::string key = fingerprint(diagnostic, path);
        if (known.take(key)) {
            ++report.known;
            continue;
        }
        report.findings.push_back({.diagnostic = diagnostic,
                                   .fingerprint = fmt::format("{}:{}", key, ++seen[key]),
                                   .path = std::move(path)});
    }
    report.settled = known.left();
    return report;
}

}  // namespace gatefile::diag
