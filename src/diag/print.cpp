// SPDX-License-Identifier: Apache-2.0
#include "gatefile/diag/print.hpp"

#include <fmt/format.h>

#include <iterator>

#include "gatefile/base/strings.hpp"

namespace gatefile::diag {
namespace {

/// The length of a character at the front that could pass for the end of a line or move the cursor:
/// controls, U+2028, U+2029 and marks of direction; 0 for all others.
std::size_t length_of_misleading(std::string_view text) {
    const auto byte = [&](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    if (byte(0) < 0x20 || byte(0) == 0x7F) return 1;
    if (byte(0) == 0xC2 && byte(1) >= 0x80 && byte(1) <= 0x9F) return 2;
    if (byte(0) != 0xE2) return 0;
    const bool separator_or_bidi = byte(1) == 0x80 && byte(2) >= 0xA8 && byte(2) <= 0xAE;
    const bool isolate = byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9;
    return separator_or_bidi || isolate ? 3 : 0;
}

/// A message is ours and its foreign parts are quoted already; this is the second line of defence,
/// so that nobody's text can forge a line of the report.
std::string printable(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    std::size_t valid = base::valid_utf8_prefix(text);
    while (!text.empty()) {
        if (valid == 0) valid = base::valid_utf8_prefix(text);
        const std::size_t escaped = valid == 0 ? 1 : length_of_misleading(text);
        for (const char c : text.substr(0, escaped))
            fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
        const std::size_t used = escaped == 0 ? 1 : escaped;
        if (escaped == 0) out += text.front();
        text.remove_prefix(used);
        valid -= valid == 0 ? 0 : used;
    }
    return out;
}

void append_json(std::string& out, std::string_view text) {
    out += '"';
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const std::size_t misleading = length_of_misleading(text.substr(i));
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (misleading == 0) {
            out += c;
        } else if (misleading == 3) {
            const auto low = static_cast<unsigned char>(text[i + 2]) & 0x3FU;
            const auto middle = static_cast<unsigned char>(text[i + 1]) & 0x3FU;
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", 0x2000U | middle << 6 | low);
            i += 2;
        } else {
            i += misleading - 1;
            const auto value = static_cast<unsigned char>(text[i]);
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(value));
        }
    }
    out += '"';
}

/// One member of an object, with the comma that the one before it needs.
class ObjectWriter {
public:
    explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }

    void text(std::string_view key, std::string_view value) {
        start(key);
        append_json(out_, base::is_utf8(value) ? std::string(value) : printable(value));
    }
    void number(std::string_view key, std::size_t value) {
        start(key);
        out_ += std::to_string(value);
    }
    std::string& start(std::string_view key) {
        if (!first_) out_ += ", ";
        first_ = false;
        append_json(out_, key);
        out_ += ": ";
        return out_;
    }
    void end() { out_ += '}'; }

private:
    std::string& out_;
    bool first_ = true;
};

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
