// SPDX-License-Identifier: Apache-2.0
//
// SARIF 2.1.0 (OASIS Standard, 2020-03-27), with what GitHub's code scanning asks for beyond it.
#include <map>

#include <fmt/format.h>

#include "gatefile/diag/page.hpp"
#include "gatefile/diag/print.hpp"
#include "json.hpp"
#include "message.hpp"

namespace gatefile::diag {
namespace {

constexpr std::string_view unreserved =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";

/// RFC 3986: a path as a relative reference, or a file URI when it is absolute.
std::string uri(std::string_view path) {
    std::string out = path.starts_with('/') ? "file://" : "";
    for (const char c : path) {
        if (unreserved.find(c) != std::string_view::npos) {
            out += c;
        } else {
            out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        }
    }
    return out;
}

void append_text_object(std::string& out, std::string_view text) {
    ObjectWriter writer(out);
    writer.text("text", text);
    writer.end();
}

void append_rule(std::string& out, const CodeInfo& code) {
    ObjectWriter writer(out);
    writer.text("id", code.name);
    append_text_object(writer.start("shortDescription"), code.meaning);
    append_text_object(writer.start("fullDescription"), code.meaning);
    append_text_object(writer.start("help"), page(code.code).cure);
    ObjectWriter configuration(writer.start("defaultConfiguration"));
    configuration.text("level", severity_name(code.severity));
    configuration.end();
    writer.end();
}

void append_location(std::string& out, const Finding& finding) {
    const Diagnostic& d = finding.diagnostic;
    ObjectWriter location(out);
    if (d.at) {
        const Place at = place(finding);
        ObjectWriter physical(location.start("physicalLocation"));
        ObjectWriter artifact(physical.start("artifactLocation"));
        artifact.text("uri", uri(at.path));
        artifact.end();
        ObjectWriter region(physical.start("region"));
        region.number("startLine", at.line != 0 ? at.line : 1);
        if (at.column != 0) region.number("startColumn", at.column);
        region.end();
        physical.end();
    }
    if (d.object != ObjectRef{}) {
        std::string& logical = location.start("logicalLocations");
        logical += '[';
        ObjectWriter object(logical);
        object.text("fullyQualifiedName", subject(d));
        object.text("kind", "resource");
        object.end();
        logical += ']';
    }
    location.end();
}

void append_result(std::string& out, const Finding& finding, std::size_t rule) {
    const Diagnostic& d = finding.diagnostic;
    const CodeInfo& code = info(d.code);
    ObjectWriter writer(out);
    writer.text("ruleId", code.name);
    writer.number("ruleIndex", rule);
    writer.text("level", severity_name(code.severity));
    append_text_object(writer.start("message"),
                       placed_message(finding) + ". Hint: " + hint(d));
    if (d.at || d.object != ObjectRef{}) {
        std::string& locations = writer.start("locations");
        locations += '[';
        append_location(locations, finding);
        locations += ']';
    }
    // The one name of a fingerprint that GitHub looks at.
    ObjectWriter prints(writer.start("partialFingerprints"));
    prints.text("primaryLocationLineHash", finding.fingerprint);
    prints.end();
    writer.end();
}

}  // namespace

std::string print_sarif(const Report& report) {
    std::map<Code, std::size_t> rules;
    for (const Finding& finding : report.findings)
        rules.emplace(finding.diagnostic.code, 0);
    std::string out = "{\n  \"version\": \"2.1.0\",\n  \"runs\": [{\n    \"tool\": {\"driver\": "
                      "{\"name\": \"gatefile\", \"rules\": [";
    std::size_t index = 0;
    for (auto& [code, place] : rules) {
        place = index++;
        out += place == 0 ? "\n      " : ",\n      ";
        append_rule(out, info(code));
    }
    out += "\n    ]}},\n    \"columnKind\": \"unicodeCodePoints\",\n    \"results\": [";
    std::string_view separator = "\n      ";
    for (const Finding& finding : report.findings) {
        out += separator;
        append_result(out, finding, rules[finding.diagnostic.code]);
        separator = ",\n      ";
    }
    return out + "\n    ]\n  }]\n}\n";
}

}  // namespace gatefile::diag
