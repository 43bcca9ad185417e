// SPDX-License-Identifier: Apache-2.0
#include "gatefile/diag/print.hpp"

#include <fmt/format.h>

#include "excerpt.hpp"
#include "gatefile/base/strings.hpp"
#include "json.hpp"
#include "message.hpp"
#include "printable.hpp"

namespace gatefile::diag {
namespace {

void append_object(std::string& out, const ObjectRef& object) {
    ObjectWriter writer(out);
    writer.text("kind", object.kind);
    if (!object.ns.empty()) writer.text("namespace", object.ns);
    writer.text("name", object.name);
    writer.end();
}

void append_diagnostic(std::string& out, const Diagnostic& d, const std::string& chart_template) {
    const CodeInfo& code = info(d.code);
    ObjectWriter writer(out);
    writer.text("code", code.name);
    writer.text("severity", severity_name(code.severity));
    if (d.at) {
        writer.text("source", d.at->source);
        if (d.at->line != 0) writer.number("line", d.at->line);
        if (d.at->column != 0) writer.number("column", d.at->column);
    }
    if (d.object != ObjectRef{}) append_object(writer.start("object"), d.object);
    if (!d.path.empty()) writer.text("path", d.path.text());
    writer.text("message", d.detail);
    writer.text("hint", hint(d));
    if (!chart_template.empty()) writer.text("template", chart_template);
    if (d.parent) writer.number("parent", *d.parent);
    if (d.listener) writer.text("listener", *d.listener);
    writer.end();
}

std::string position_prefix(const std::optional<SourcePosition>& at) {
    if (!at) return {};
    std::string prefix = printable(at->source);
    if (at->line != 0) prefix += fmt::format(":{}", at->line);
    if (at->line != 0 && at->column != 0) prefix += fmt::format(":{}", at->column);
    return prefix + ": ";
}

std::string_view color_of(Severity severity) {
    switch (severity) {
    case Severity::Error:
        return "\x1b[1;31m";
    case Severity::Warning:
        return "\x1b[1;33m";
    case Severity::Note:
        return "\x1b[1;36m";
    }
    return {};
}

std::string first_line(const Diagnostic& d, bool color) {
    const CodeInfo& code = info(d.code);
    const std::string what = fmt::format("{}[{}]", severity_name(code.severity), code.name);
    return position_prefix(d.at) + painted(what, code.severity, color) + ": " + message(d) + '\n';
}

std::string hint_line(const Diagnostic& d) {
    return "  hint: " + hint(d) + '\n';
}

std::string template_line(const Finding& finding) {
    if (finding.chart_template.empty()) return "";
    return "  rendered from " + printable(finding.chart_template) + '\n';
}

std::string source_lines(const Diagnostic& d, const TextStyle& style) {
    if (!style.line || !d.at || d.at->line == 0) return {};
    const std::optional<std::string> line = style.line(d);
    if (!line || base::trim(*line).empty()) return {};
    return print_line(*line, *d.at, info(d.code).severity, style.color);
}

}  // namespace

std::string painted(const std::string& text, Severity severity, bool color) {
    return color ? fmt::format("{}{}\x1b[0m", color_of(severity), text) : text;
}

std::string print_line(std::string_view line,
                       const SourcePosition& at,
                       Severity severity,
                       bool color) {
    const Excerpt shown = excerpt(line, at.column);
    const std::string number = fmt::format("{}", at.line);
    std::string out = fmt::format("  {} | {}\n", number, shown.line);
    if (at.column == 0) return out;
    const std::string caret = painted("^", severity, color);
    return out + fmt::format("  {:{}} | {}{}\n", "", number.size(), shown.before_caret, caret);
}

std::string print_text(const Diagnostics& diagnostics) {
    std::string out;
    for (const Diagnostic& d : diagnostics.items())
        out += first_line(d, false) + hint_line(d);
    return out;
}

std::string print_brief(const Report& report, bool color) {
    std::string out;
    for (const Finding& finding : report.findings)
        out += first_line(finding.diagnostic, color) + template_line(finding) +
               hint_line(finding.diagnostic);
    return out;
}

std::string print_text(const Report& report, const TextStyle& style) {
    std::string out;
    for (const Finding& finding : report.findings) {
        const Diagnostic& d = finding.diagnostic;
        out += first_line(d, style.color) + source_lines(d, style) + template_line(finding) +
               hint_line(d);
    }
    return out;
}

std::string print_json(const Report& report) {
    std::string out = "{\"diagnostics\": [";
    std::string_view separator = "\n  ";
    for (const Finding& finding : report.findings) {
        out += separator;
        append_diagnostic(out, finding.diagnostic, finding.chart_template);
        separator = ",\n  ";
    }
    out += report.findings.empty() ? "]}\n" : "\n]}\n";
    return out;
}

std::string print_json(const Diagnostics& diagnostics) {
    Report report;
    for (const Diagnostic& d : diagnostics.items())
        report.findings.push_back(
            {.diagnostic = d, .fingerprint = {}, .path = {}, .chart_template = {}});
    return print_json(report);
}

}  // namespace gatefile::diag
