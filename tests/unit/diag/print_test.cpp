// SPDX-License-Identifier: Apache-2.0
#include "gatefile/diag/print.hpp"

#include <doctest/doctest.h>

namespace gatefile::diag {
namespace {

Diagnostics one(Diagnostic diagnostic) {
    Diagnostics diagnostics;
    diagnostics.add(std::move(diagnostic));
    return diagnostics;
}

Diagnostic example() {
    Diagnostic diagnostic;
    diagnostic.code = Code::BackendNotFound;
    diagnostic.object = {"HTTPRoute", "shop", "web"};
    diagnostic.path = Path("spec.rules") / 1;
    diagnostic.detail = "Service \"shop/chekout\" does not exist";
    diagnostic.hint = "did you mean \"checkout\"?";
    diagnostic.at = SourcePosition{"shop.yaml", 41, 13};
    return diagnostic;
}

Diagnostic with_detail(std::string detail) {
    Diagnostic diagnostic;
    diagnostic.code = Code::InputSyntax;
    diagnostic.detail = std::move(detail);
    diagnostic.hint = "mend it";
    return diagnostic;
}

}  // namespace

TEST_CASE("text is one line, and one more for the hint") {
    CHECK(print_text(Diagnostics()).empty());
    CHECK(print_text(one(example())) ==
          "shop.yaml:41:13: error[backend-not-found]: HTTPRoute shop/web spec.rules[1]: "
          "Service \"shop/chekout\" does not exist\n"
          "  hint: did you mean \"checkout\"?\n");
    CHECK(print_text(one(with_detail("bad"))) == "error[input-syntax]: bad\n  hint: mend it\n");
}

TEST_CASE("without a hint of its own a message has its code's, one sentence of it") {
    Diagnostic bare = example();
    bare.hint.clear();
    const std::string text = print_text(one(bare));
    CHECK(text.substr(text.find('\n') + 1) ==
          "  hint: add the Service, or correct name, namespace and port of the backendRef\n");
    for (const CodeInfo& code : all_codes()) {
        bare.code = code.code;
        CAPTURE(code.name);
        const std::string line = print_brief(make_report(one(bare), "", {}), false);
        const std::string hint = line.substr(line.find("  hint: "));
        CHECK(hint.size() > 16);
        CHECK(hint.size() < 200);
        CHECK_FALSE(hint.ends_with(".\n"));
    }
}

TEST_CASE("no message can forge a line or move the cursor") {
    const Diagnostics hostile = one(
        with_detail("x\ny.yaml:1:1: error[z]: \x1b[2J\r\x7f\xE2\x80\xA8\xC2\x85\xE2\x80\xAE\xFF"));
    const std::string text = print_text(hostile);
    CHECK(text == "error[input-syntax]: x\\x0ay.yaml:1:1: error[z]: \\x1b[2J\\x0d\\x7f"
                  "\\xe2\\x80\\xa8\\xc2\\x85\\xe2\\x80\\xae\\xff\n  hint: mend it\n");
    Diagnostic in_object = with_detail("ok");
    in_object.object = {"HTTPRoute", "a\nb", "c"};
    in_object.at = SourcePosition{"dir/\x1b]0;x\n.yaml", 0, 0};
    in_object.hint = "a\nb";
    CHECK(print_text(one(in_object)) == "dir/\\x1b]0;x\\x0a.yaml: error[input-syntax]: "
                                        "HTTPRoute a\\x0ab/c: ok\n  hint: a\\x0ab\n");
}

namespace {

std::string text_at(std::uint32_t column, const std::string& line) {
    Diagnostic diagnostic = with_detail("bad");
    diagnostic.at = SourcePosition{"a.yaml", 7, column};
    const Report report = make_report(one(diagnostic), "", {});
    const std::string text = print_text(
        report, {.color = false, .line = [&](const Diagnostic&) { return std::optional(line); }});
    const std::size_t begin = text.find('\n') + 1;
    return text.substr(begin, text.rfind("  hint: ") - begin);
}

}  // namespace

TEST_CASE("a caret stands below the column") {
    CHECK(text_at(3, "  x: 1") == "  7 |   x: 1\n    |   ^\n");
    CHECK(text_at(2, "\tx: 1") == "  7 | \tx: 1\n    | \t^\n");
    CHECK(text_at(4, "äö€x") == "  7 | äö€x\n    |    ^\n");
    CHECK(text_at(3,
                  "a\x1b"
                  "b") == "  7 | a\\x1bb\n    |      ^\n");
    CHECK(text_at(2,
                  "\xFF"
                  "b") == "  7 | \\xffb\n    |     ^\n");
    CHECK(text_at(9, "abc") == "  7 | abc\n    |    ^\n");
    CHECK(text_at(0, "abc") == "  7 | abc\n");
    CHECK(text_at(1, "  ").empty());
}

TEST_CASE("long lines are cut around the column") {
    const std::string line = std::string(200, 'a') + "X" + std::string(200, 'b');
    CHECK(text_at(201, line) == "  7 | …" + std::string(60, 'a') + "X" + std::string(39, 'b') +
                                    "…\n    | " + std::string(61, ' ') + "^\n");
    CHECK(text_at(1, line) == "  7 | " + std::string(100, 'a') + "…\n    | ^\n");
    CHECK(text_at(401, line) ==
          "  7 | …" + std::string(100, 'b') + "\n    | " + std::string(100, ' ') + "^\n");
}

TEST_CASE("severity, code and caret are coloured, nothing else") {
    Report report = make_report(one(example()), "", {});
    report.findings[0].chart_template = "shop/templates/a.yaml";
    const std::string text = print_text(report, {.color = true, .line = [](const Diagnostic&) {
                                                     return std::optional<std::string>("x");
                                                 }});
    CHECK(text == "shop.yaml:41:13: \x1b[1;31merror[backend-not-found]\x1b[0m: HTTPRoute shop/web "
                  "spec.rules[1]: Service \"shop/chekout\" does not exist\n"
                  "  41 | x\n     |  \x1b[1;31m^\x1b[0m\n"
                  "  rendered from shop/templates/a.yaml\n"
                  "  hint: did you mean \"checkout\"?\n");
    std::string brief = print_text(one(example()));
    brief.insert(brief.find("  hint"), "  rendered from shop/templates/a.yaml\n");
    CHECK(print_brief(report, false) == brief);
    CHECK(print_json(report).find(R"("template": "shop/templates/a.yaml"})") != std::string::npos);
    const std::string junit = print_junit(report, Severity::Error);
    CHECK(junit.find(R"(file="shop/templates/a.yaml" line="1")") != std::string::npos);
    CHECK(junit.find("(rendered in shop.yaml:41)") != std::string::npos);
}

TEST_CASE("JSON has the promised keys, and only those that apply") {
    CHECK(print_json(Diagnostics()) == "{\"diagnostics\": []}\n");
    Diagnostic full = example();
    full.parent = 0;
    full.listener = "web";
    CHECK(print_json(one(full)) ==
          "{\"diagnostics\": [\n"
          R"(  {"code": "backend-not-found", "severity": "error", "source": "shop.yaml", )"
          R"("line": 41, "column": 13, )"
          R"("object": {"kind": "HTTPRoute", "namespace": "shop", "name": "web"}, )"
          R"("path": "spec.rules[1]", "message": "Service \"shop/chekout\" does not exist", )"
          R"("hint": "did you mean \"checkout\"?", "parent": 0, "listener": "web"})"
          "\n]}\n");
    CHECK(print_json(one(with_detail("bad"))) ==
          "{\"diagnostics\": [\n"
          R"(  {"code": "input-syntax", "severity": "error", "message": "bad", "hint": "mend it"})"
          "\n]}\n");
}

TEST_CASE("JSON escapes everything that is not plain text") {
    const auto message = [](std::string_view detail) {
        const std::string text = print_json(one(with_detail(std::string(detail))));
        const std::size_t begin = text.find("\"message\": ") + 11;
        return text.substr(begin, text.rfind(", \"hint\": ") - begin);
    };
    CHECK(message("a\\b\"c/") == R"("a\\b\"c/")");
    CHECK(message(std::string_view("\0\n\t\x1f\x7f", 5)) == R"("\u0000\u000a\u0009\u001f\u007f")");
    CHECK(message("\xE2\x80\xA8\xE2\x80\xA9") == R"("\u2028\u2029")");
    CHECK(message("\xE2\x81\xA6\xC2\x85") == R"("\u2066\u0085")");
    CHECK(message("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80") ==
          "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"");
    CHECK(message("\xFFx\n") == R"("\\xffx\\x0a")");
}

}  // namespace gatefile::diag
