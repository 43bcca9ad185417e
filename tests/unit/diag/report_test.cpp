// SPDX-License-Identifier: Apache-2.0
#include "gatefile/diag/report.hpp"

#include <doctest/doctest.h>

#include "gatefile/diag/print.hpp"

namespace gatefile::diag {
namespace {

Diagnostic example(std::string service = "shop/chekout") {
    Diagnostic diagnostic;
    diagnostic.code = Code::BackendNotFound;
    diagnostic.object = {"HTTPRoute", "shop", "web"};
    diagnostic.path = Path("spec.rules") / 1;
    diagnostic.detail = "Service \"" + service + "\" does not exist";
    diagnostic.hint = "100% sure,\nlook";
    diagnostic.at = SourcePosition{"/work/a b.yaml", 41, 13};
    return diagnostic;
}

Diagnostics all(std::vector<Diagnostic> items) {
    Diagnostics diagnostics;
    for (Diagnostic& item : items)
        diagnostics.add(std::move(item));
    return diagnostics;
}

}  // namespace

TEST_CASE("a fingerprint survives moved lines, other indices and other words") {
    const std::string before = fingerprint(example(), "a.yaml");
    Diagnostic moved = example();
    moved.at->line = 7;
    moved.path = Path("spec.rules") / 4;
    moved.detail = "there is no Service \"shop/chekout\"";
    CHECK(fingerprint(moved, "b.yaml") == before);
    CHECK(fingerprint(example("shop/other"), "a.yaml") != before);
    Diagnostic other = example();
    other.object.name = "api";
    CHECK(fingerprint(other, "a.yaml") != before);
}

TEST_CASE("fingerprints are unique in a report, paths relative to the working directory") {
    const Report report = make_report(all({example(), example()}), "/work", {});
    REQUIRE(report.findings.size() == 2);
    CHECK(report.findings[0].fingerprint != report.findings[1].fingerprint);
    CHECK(report.findings[0].path == "a b.yaml");
    CHECK(make_report(all({example()}), "/wor", {}).findings[0].path == "/work/a b.yaml");
}

TEST_CASE("a baseline hides as many as it counts, and tells what is found no more") {
    const Report before = make_report(all({example(), example("shop/gone")}), "", {});
    const auto baseline = parse_baseline(write_baseline(baseline_of(before)));
    REQUIRE(baseline);
    REQUIRE(baseline->entries.size() == 2);
    const Report after =
        make_report(all({example(), example()}), "", {.ignores = {}, .baseline = *baseline});
    CHECK(after.known == 1);
    CHECK(after.findings.size() == 1);
    REQUIRE(after.settled.size() == 1);
    CHECK(after.settled[0].about == "backend-not-found HTTPRoute shop/web spec.rules[1]");
    CHECK_FALSE(parse_baseline("0123456789abcdef 0 x"));
    CHECK_FALSE(parse_baseline("0123456789abcdef"));
    CHECK_FALSE(parse_baseline("xyz 1 x"));
}

TEST_CASE("what is silenced is counted") {
    const auto count = [](std::string_view text) {
        const auto ignore = parse_ignore(text);
        REQUIRE(ignore);
        return make_report(all({example()}), "", {.ignores = {*ignore}, .baseline = {}}).silenced;
    };
    CHECK(count("backend-not-found") == 1);
    CHECK(count("backend-not-found@HTTPRoute/shop/web") == 1);
    CHECK(count("backend-not-found@*/shop/*") == 1);
    CHECK(count("backend-not-found@HTTPRoute/shop/api") == 0);
    CHECK(count("backend-not-found@HTTPRoute/web") == 0);
    CHECK(count("backend-denied") == 0);
    CHECK_FALSE(parse_ignore("backend-not-found@HTTPRoute"));
    CHECK_FALSE(parse_ignore("backend-not-found@HTTPRoute//web"));
    CHECK(parse_ignore("backend-not-fond").error().text ==
          "there is no code \"backend-not-fond\"; did you mean backend-not-found?");
    const Ignores noted = ignores_of({{"HTTPRoute", "shop", "web"}, "plain-htp, backend-denied"});
    CHECK(noted.ignores.size() == 1);
    CHECK(noted.faults ==
          std::vector<std::string>{"there is no code \"plain-htp\"; did you mean plain-http?"});
}

TEST_CASE("severities fail from the threshold on") {
    Diagnostic note;
    note.code = Code::PlainHttp;
    const Report report = make_report(all({note}), "", {});
    CHECK_FALSE(report.fails(Severity::Warning));
    CHECK(report.fails(Severity::Note));
    CHECK(make_report(all({example()}), "", {}).fails(Severity::Error));
}

TEST_CASE("a workflow command is escaped as the runner undoes it") {
    Diagnostic note;
    note.code = Code::PlainHttp;
    note.detail = "x";
    note.hint = "y";
    Diagnostic odd = example();
    odd.at->source = "a:b,c%.yaml";
    CHECK(print_github(make_report(all({note, odd}), "", {})) ==
          "::error file=a%3Ab%2Cc%25.yaml,line=41,col=13,title=backend-not-found::HTTPRoute "
          "shop/web spec.rules[1]: Service \"shop/chekout\" does not exist%0Ahint: 100%25 "
          "sure,\\x0alook\n"
          "::notice title=plain-http::x%0Ahint: y\n");
}

TEST_CASE("SARIF names a rule once and points at it, with URIs") {
    Diagnostic note;
    note.code = Code::InputUnreadable;
    note.at = SourcePosition{"x.yaml", 0, 0};
    const std::string text =
        print_sarif(make_report(all({example(), note, example()}), "/work", {}));
    CHECK(text.find(R"("ruleId": "backend-not-found", "ruleIndex": 1)") != std::string::npos);
    CHECK(text.find(R"("ruleId": "input-unreadable", "ruleIndex": 0)") != std::string::npos);
    CHECK(text.find(R"("uri": "a%20b.yaml"}, "region": {"startLine": 41, "startColumn": 13})") !=
          std::string::npos);
    CHECK(text.find(R"("uri": "x.yaml"}, "region": {"startLine": 1})") != std::string::npos);
    CHECK(text.find(R"("id": "backend-not-found")") == text.rfind(R"("id": "backend-not-found")"));
}

TEST_CASE("GitLab gets a path, a line and a severity of its own") {
    Diagnostic nowhere = example();
    nowhere.at = {};
    const std::string text = print_gitlab(make_report(all({nowhere}), "", {}));
    CHECK(text.find(R"("severity": "critical", "location": {"path": "HTTPRoute shop/web )"
                    R"(spec.rules[1]", "lines": {"begin": 1}})") != std::string::npos);
    CHECK(print_gitlab(make_report({}, "", {})) == "[]\n");
}

TEST_CASE("JUnit fails what is as bad as the threshold") {
    const Report report = make_report(all({example()}), "", {});
    CHECK(print_junit(report, Severity::Error).find("failures=\"1\"") != std::string::npos);
    CHECK(print_junit(make_report({}, "", {}), Severity::Error).find("no findings") !=
          std::string::npos);
}

}  // namespace gatefile::diag
