// SPDX-License-Identifier: Apache-2.0
#include "gatefile/diag/print.hpp"

#include <fmt/format.h>

#include "json.hpp"
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

void append_diagnostic(std::string& out, const Diagnostic& d) {
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
    if (!d.hint.empty()) writer.text("hint", d.hint);
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

}  // namespace

std::string print_text(const Diagnostics& diagnostics) {
    std::string out;
    for (const Diagnostic& d : diagnostics.items()) {
        const CodeInfo& code = info(d.code);
        out += position_prefix(d.at);
        out += fmt::format("{}[{}]: ", severity_name(code.severity), code.name);
        std::string where = d.object.text();
        if (!d.path.empty()) where += (where.empty() ? "" : " ") + d.path.text();
        if (!where.empty()) out += printable(where) + ": ";
        out += printable(d.detail) + '\n';
        if (!d.hint.empty()) out += "  hint: " + printable(d.hint) + '\n';
    }
    return out;
}

std::string print_json(const Diagnostics& diagnostics) {
    std::string out = "{\"diagnostics\": [";
    std::string_view separator = "\n  ";
    for (const Diagnostic& d : diagnostics.items()) {
        out += separator;
        append_diagnostic(out, d);
        separator = ",\n  ";
    }
    out += diagnostics.empty() ? "]}\n" : "\n]}\n";
    return out;
}

}  // namespace gatefile::diag
