// SPDX-License-Identifier: Apache-2.0
//
// What CI systems read: GitHub's workflow commands, GitLab's Code Quality, JUnit.
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "gatefile/diag/junit.hpp"
#include "gatefile/diag/print.hpp"
#include "json.hpp"
#include "message.hpp"
#include "printable.hpp"

namespace gatefile::diag {
namespace {

std::string_view github_command(Severity severity) {
    switch (severity) {
    case Severity::Error:
        return "error";
    case Severity::Warning:
        return "warning";
    case Severity::Note:
        return "notice";
    }
    return {};
}

std::string_view gitlab_severity(Severity severity) {
    switch (severity) {
    case Severity::Error:
        return "critical";
    case Severity::Warning:
        return "minor";
    case Severity::Note:
        return "info";
    }
    return {};
}

/// As the runner undoes it (actions/runner, ActionCommand): properties also end at `:` and `,`.
std::string escape_command(std::string_view text, bool property) {
    std::string out;
    for (const char c : text) {
        const bool special = c == '%' || c == '\r' || c == '\n';
        if (special || (property && (c == ':' || c == ','))) {
            out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        } else {
            out += c;
        }
    }
    return out;
}

std::string with_hint(const std::string& message, const Diagnostic& d) {
    return message + "\nhint: " + hint(d);
}

std::string github_line(const Finding& finding) {
    const Diagnostic& d = finding.diagnostic;
    const CodeInfo& code = info(d.code);
    std::string out = fmt::format("::{} ", github_command(code.severity));
    if (d.at) {
        const Place at = place(finding);
        out += fmt::format("file={},", escape_command(printable(at.path), true));
        if (at.line != 0) out += fmt::format("line={},", at.line);
        if (at.column != 0) out += fmt::format("col={},", at.column);
    }
    out += fmt::format("title={}", code.name);
    const std::string text = with_hint(placed_message(finding), d);
    return out + "::" + escape_command(text, false) + "\n";
}

void append_gitlab(std::string& out, const Finding& finding) {
    const Diagnostic& d = finding.diagnostic;
    const CodeInfo& code = info(d.code);
    ObjectWriter writer(out);
    writer.text("description", placed_message(finding) + "; hint: " + hint(d));
    writer.text("check_name", code.name);
    writer.text("fingerprint", finding.fingerprint);
    writer.text("severity", gitlab_severity(code.severity));
    ObjectWriter location(writer.start("location"));
    // GitLab wants a path; what is in a cluster has none.
    const std::string instead = subject(d).empty() ? "gatefile" : subject(d);
    const Place at = place(finding);
    location.text("path", at.path.empty() ? instead : at.path);
    ObjectWriter lines(location.start("lines"));
    lines.number("begin", at.line != 0 ? at.line : 1);
    lines.end();
    location.end();
    writer.end();
}

}  // namespace

std::string print_github(const Report& report) {
    std::vector<const Finding*> findings;
    for (const Finding& finding : report.findings)
        findings.push_back(&finding);
    std::ranges::stable_sort(findings, {}, [](const Finding* finding) {
        return info(finding->diagnostic.code).severity;
    });
    std::string out;
    for (const Finding* finding : findings)
        out += github_line(*finding);
    return out;
}

std::string print_gitlab(const Report& report) {
    std::string out = "[";
    std::string_view separator = "\n  ";
    for (const Finding& finding : report.findings) {
        out += separator;
        append_gitlab(out, finding);
        separator = ",\n  ";
    }
    return out + (report.findings.empty() ? "]\n" : "\n]\n");
}

std::string print_junit(const Report& report, Severity threshold) {
    std::vector<JunitCase> cases;
    for (const Finding& finding : report.findings) {
        const Diagnostic& d = finding.diagnostic;
        const CodeInfo& code = info(d.code);
        const Place at = place(finding);
        const std::string text = placed_message(finding);
        JunitCase one{
            .group = subject(d).empty() ? finding.path : d.object.text(),
            .name = fmt::format("{}[{}]: {}", severity_name(code.severity), code.name, text),
            .file = at.path,
            .line = at.line,
            .failure = {}};
        if (code.severity <= threshold) {
            one.failure = {std::string(code.name), text, with_hint(text, d)};
        }
        cases.push_back(std::move(one));
    }
    if (cases.empty()) cases.push_back({.group = "gatefile", .name = "no findings"});
    return print_junit("gatefile", cases);
}

}  // namespace gatefile::diag
