// SPDX-License-Identifier: Apache-2.0
#include "gatefile/diag/source_text.hpp"

#include <doctest/doctest.h>

namespace gatefile::diag {
namespace {

bool shows(const std::string& bytes, std::uint32_t line = 1) {
    return SourceText(bytes).line(line).has_value();
}

}  // namespace

TEST_CASE("lines are found by their number, without their ends") {
    const SourceText text("\xEF\xBB\xBFone\r\n---\nthree\n---\nfive");
    CHECK(!text.line(0));
    CHECK(text.line(1) == "one");
    CHECK(text.line(2) == "---");
    CHECK(text.line(3) == "three");
    CHECK(text.line(5) == "five");
    CHECK(!text.line(6));
    CHECK(!shows(""));
    CHECK(!shows(std::string(300000, 'a')));
}

TEST_CASE("no line of a Secret is shown") {
    CHECK(!shows("kind: Secret\nstringData: {}\n"));
    CHECK(!shows("stringData: {}\nkind:\n  Secret\n"));
    CHECK(!shows("stringData: {}\n\"kind\": !!str 'Secret'\n"));
    CHECK(!shows("{\"kind\": \"Secret\"}"));
    CHECK(!shows("{\"kind\": \"\\u0053ecret\"}"));
    CHECK(!shows("kind: List\nitems:\n  - kind: Secret\n"));
    CHECK(!shows("kind: SecretList\n"));
    CHECK(!shows("--- {kind: Secret}\n"));
    CHECK(!shows("kind: Gateway\n...\nkind: Secret\n"));
    CHECK(!shows("key: |\n  -----BEGIN EC PRIVATE KEY-----\n"));
    CHECK(!shows("tls.key: LS0tLS1CRUdJTiBQUklW\n"));
    CHECK(!shows("a: 1\r---\rkind: Gateway\n"));
    const std::string two = "kind: Gateway\n---\nkind: Secret\n---\nkind: Gateway\n";
    CHECK(shows(two, 1));
    CHECK(!shows(two, 2));
    CHECK(!shows(two, 3));
    CHECK(shows(two, 5));
    CHECK(shows("kind: Gateway\nspec:\n  tls: {certificateRefs: [{kind: Secret}]}\n", 3));
    CHECK(shows("kind: SealedSecret\n"));
}

TEST_CASE("a chart's template is named at the start of a document") {
    const SourceText text(
        "---\n# x\n# Source: shop/templates/a.yaml\nkind: A\n---\nkind: B\n# Source: "
        "shop/b.yaml\n---\n# Source: ../../c.yaml\nkind: C\n");
    CHECK(text.chart_template(1) == "shop/templates/a.yaml");
    CHECK(text.chart_template(4) == "shop/templates/a.yaml");
    CHECK(text.chart_template(6).empty());
    CHECK(text.chart_template(10).empty());
    CHECK(text.chart_template(99).empty());
    CHECK(SourceText("# Source: shop/a.yaml\nkind: A\n").chart_template(2).empty());
    CHECK(SourceText("---\n# Source: /etc/passwd\nkind: A\n").chart_template(3).empty());
}

}  // namespace gatefile::diag
