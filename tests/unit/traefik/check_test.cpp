// SPDX-License-Identifier: Apache-2.0
//
// What tests/traefik shows on whole directories is not shown again here.
#include <doctest/doctest.h>

#include <map>
#include <string>
#include <variant>

#include "check/go_template.hpp"
#include "check/http_builder.hpp"
#include "check/raw.hpp"
#include "check/rule_syntax.hpp"
#include "check/schema.hpp"
#include "gatefile/traefik/check.hpp"

using namespace gatefile;
using namespace gatefile::traefik;
using namespace gatefile::traefik::check;

namespace {

enum class Made { Text, Runs, Fault };

Made made_of(std::string_view source) {
    return static_cast<Made>(parse_template(source).index());
}

std::string text_of_template(std::string_view source) {
    const auto result = parse_template(source);
    const auto* text = std::get_if<TemplateText>(&result);
    return text == nullptr ? "(not constant)" : text->text;
}

Surroundings nothing_around() {
    return {std::nullopt,
            std::nullopt,
            [](const std::string&) { return std::nullopt; },
            [](const std::string&) { return false; }};
}

std::string rule_fault(std::string_view rule, RuleKind kind = RuleKind::Http) {
    const auto result = check_rule(rule, kind, "");
    const auto* fault = std::get_if<RuleFault>(&result);
    return fault == nullptr ? "" : fault->text;
}

}  // namespace

TEST_CASE("a template of constants is written out") {
    CHECK(text_of_template("a {{ \"{{\" }} b") == "a {{ b");
    CHECK(text_of_template("a {{- `x` -}} b") == "axb");
    CHECK(text_of_template("a {{/* note */}} b") == "a  b");
    CHECK(text_of_template("a\n{{- /* note */ -}}\nb") == "ab");
    CHECK(text_of_template("a { b } }} c") == "a { b } }} c");
    CHECK(text_of_template("{{\"\\u0041\\x42\\103\"}}") == "ABC");
    const auto result = parse_template("a\n{{/* x\ny */}}\nb\n");
    CHECK(std::get<TemplateText>(result).lines == std::vector<std::uint32_t>{1, 2, 4, 5});
}

TEST_CASE("a template that has to run is told from one that cannot be parsed") {
    for (const std::string_view source :
         {"{{ env \"A\" }}",
          "{{ if eq 1 2 }}a{{ else if true }}b{{ else }}c{{ end }}",
          "{{ range $i, $x := list 1 2 }}{{ $i }}{{ $x.Name }}{{ break }}{{ end }}",
          "{{ with $x := 1 }}{{ $x = 2 }}{{ end }}",
          "{{ define \"a\" }}{{ . }}{{ end }}{{ template \"a\" . }}",
          "{{ block \"b\" . }}x{{ end }}",
          "{{ (index (list 1) 0) | printf \"%d\" }}",
          "{{ .A.B }}",
          "{{ 0x1F }}{{ 1.5e-3 }}{{ 'a' }}{{ nil }}",
          "{{ $ }}",
          "{{ date_modify \"1h\" now }}"})
        CHECK_MESSAGE(made_of(source) == Made::Runs, source);
    for (const std::string_view source : {"{{",
                                          "{{ }}",
                                          "{{ nosuch }}",
                                          "{{ $x }}",
                                          "{{ end }}",
                                          "{{ if }}a{{ end }}",
                                          "{{ if true }}",
                                          "{{ else }}",
                                          "{{ if true }}{{ else }}{{ else }}{{ end }}",
                                          "{{ break }}",
                                          "{{ print \"a }}",
                                          "{{ print (1 }}",
                                          "{{ print 1) }}",
                                          "{{ 1 | }}",
                                          "{{ print 1 | 2 }}",
                                          "{{/* a }}",
                                          "{{/* a */ b}}",
                                          "{{ define x }}{{ end }}",
                                          "{{ if true }}{{ define \"a\" }}{{ end }}{{ end }}",
                                          "{{ $x := 1 }}{{ define \"a\" }}{{ $x }}{{ end }}",
                                          "{{ with $x := 1 }}{{ end }}{{ $x }}",
                                          "{{ print\"a\" }}",
                                          "{{ 1a }}",
                                          "{{ \"\\q\" }}",
                                          "{{ a ! b }}"})
        CHECK_MESSAGE(made_of(source) == Made::Fault, source);
}

TEST_CASE("a fault of a template has its place") {
    const auto result = parse_template("a\n  {{ nosuch }}\n");
    const auto& fault = std::get<TemplateFault>(result);
    CHECK(fault.at == tree::Position{2, 6});
    CHECK(fault.text == "function \"nosuch\" not defined");
}

TEST_CASE("plain words of YAML are what yaml.v3 takes them for") {
    const RawFile file = raw_from_yaml(
        "a: yes\nb: true\nc: 1.0\nd: 1.5\ne: 2026-11-29\nf: '2026-11-29'\ng: 0x10\nh: ~\non: 1\n");
    REQUIRE(file.faults.empty());
    CHECK(text_of(file.root, "a") == "yes");
    CHECK(text_of(file.root, "b") == "true");
    CHECK(text_of(file.root, "c") == "1");
    CHECK(text_of(file.root, "d") == "1.500000");
    CHECK(find(file.root, "e")->shape == Shape::Date);
    CHECK(find(file.root, "f")->shape == Shape::Scalar);
    CHECK(text_of(file.root, "g") == "16");
    CHECK(find(file.root, "h") == nullptr);
    CHECK(text_of(file.root, "ON") == "1");
}

TEST_CASE("of several documents the first one counts, wherever it begins") {
    CHECK(text_of(raw_from_yaml("%YAML 1.1\n---\na: 1\n---\na: 2\n").root, "a") == "1");
    CHECK(raw_from_yaml("---\n---\na: 2\n").root.shape == Shape::Null);
    CHECK(raw_from_yaml("a: 1\n...\n[\n").faults.empty());
}

TEST_CASE("TOML and YAML give the same") {
    const RawFile file = raw_from_toml("a = true\nb = 1.5\nc = 2026-11-29\n[[d]]\ne = \"x\"\n");
    REQUIRE(file.faults.empty());
    CHECK(text_of(file.root, "a") == "true");
    CHECK(text_of(file.root, "b") == "1.500000");
    CHECK(find(file.root, "c")->shape == Shape::Date);
    REQUIRE(maps_of(file.root, "d").size() == 1);
    CHECK(text_of(*maps_of(file.root, "d")[0], "e") == "x");
}

TEST_CASE("the fields of Traefik's configuration") {
    const Struct& http = *dynamic_schema().find("HTTP")->type.fields;
    const Type& router = http.find("routers")->type;
    CHECK(router.kind == TypeKind::Map);
    CHECK(router.element.front().fields->find("parentrefs") != nullptr);
    CHECK(router.element.front().fields->find("tls")->type.may_be_empty);
    CHECK(router.element.front().fields->find("rules") == nullptr);
}

TEST_CASE("rules are Go expressions") {
    CHECK(rule_fault("!(Host(`a`) || !!Path(\"/\\x41\"))") == "");
    CHECK(rule_fault("Host(`a`) && ") == "the rule ends too early");
    CHECK(rule_fault("Host(`a`) Host(`b`)") == "unexpected \"Host(`b`)\" in the rule");
    CHECK(rule_fault("`a`") == "unexpected \"`a`\" in the rule");
    CHECK(rule_fault("HostSNI(`a`)", RuleKind::Tcp) == "");
    CHECK(rule_fault("HostSNI(`a b`)", RuleKind::Tcp) == "HostSNI: \"a b\" is no hostname");
    CHECK(rule_fault(std::string(300, '(') + "Host(`a`)") == "the rule is nested too deep");
}

TEST_CASE("addresses and URLs are read as Go reads them") {
    CHECK(is_ip_or_range("10.0.0.0/8"));
    CHECK(is_ip_or_range("::1"));
    CHECK_FALSE(is_ip_or_range("10.0.0.1/33"));
    CHECK_FALSE(is_ip_or_range("10.0.0"));
    CHECK(url_fault("http://a:80/x?y#z") == "");
    CHECK(url_fault("localhost:80") == "");
    CHECK(url_fault("http://[::1]:80") == "");
    CHECK(url_fault("10.0.0.1:80") != "");
    CHECK(url_fault("http://a:b") != "");
    CHECK(url_fault("http://a b") != "");
    CHECK(url_fault("http://a/%zz") != "");
    CHECK(url_fault(":80") != "");
}

TEST_CASE("a file that is not here is missing only where its folder is") {
    Surroundings around = nothing_around();
    const std::string text =
        "tls:\n  certificates:\n    - {certFile: /run/a.crt, keyFile: /run/a.key}\n";
    const auto first_code = [&] {
        return check_dynamic({{"a.yaml", text}}, around).diagnostics.items().at(0).code;
    };
    CHECK(first_code() == diag::Code::TraefikReferenceElsewhere);
    around.has_directory = [](const std::string& path) { return path == "/run"; };
    CHECK(first_code() == diag::Code::TraefikCertificate);
}

TEST_CASE("a name that a template may define is no fault") {
    const std::string router = "http:\n  routers:\n    a: {rule: Host(`a`), service: b}\n";
    const DynamicCheck alone = check_dynamic({{"a.yaml", router}}, nothing_around());
    CHECK(alone.verdict == Verdict::Faulty);
    const DynamicCheck beside = check_dynamic(
        {{"a.yaml", router}, {"b.yaml", "{{ range list 1 }}{{ end }}"}}, nothing_around());
    CHECK(beside.verdict == Verdict::Unknown);
    CHECK_FALSE(beside.diagnostics.has_errors());
}
