// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "gatefile/diag/diagnostic.hpp"

namespace gatefile::diag {
namespace {

Diagnostic at(std::string source, std::uint32_t line, std::uint32_t column) {
    Diagnostic diagnostic;
    diagnostic.code = Code::UnknownField;
    diagnostic.at = SourcePosition{std::move(source), line, column};
    return diagnostic;
}

}  // namespace

TEST_CASE("objects name themselves") {
    CHECK(ObjectRef{}.text().empty());
    CHECK(ObjectRef{"HTTPRoute", "shop", "cart"}.text() == "HTTPRoute shop/cart");
    CHECK(ObjectRef{"GatewayClass", "", "dmz"}.text() == "GatewayClass dmz");
}

TEST_CASE("sort goes by source, line, column, object, path, code, and drops repetitions") {
    Diagnostics diagnostics;
    diagnostics.add(at("b.yaml", 1, 1));
    diagnostics.add(at("a.yaml", 10, 1));
    diagnostics.add(at("a.yaml", 9, 2));
    diagnostics.add(at("a.yaml", 9, 1));
    diagnostics.add(at("a.yaml", 9, 1));
    Diagnostic without_position;
    without_position.code = Code::BackendNotFound;
    without_position.object = {"HTTPRoute", "shop", "z"};
    diagnostics.add(without_position);
    without_position.object.name = "a";
    diagnostics.add(without_position);
    without_position.path = Path("spec");
    diagnostics.add(without_position);

    diagnostics.sort();
    REQUIRE(diagnostics.items().size() == 7);
    CHECK(diagnostics.items()[0].object.name == "a");
    CHECK(diagnostics.items()[1].path.text() == "spec");
    CHECK(diagnostics.items()[2].object.name == "z");
    CHECK(diagnostics.items()[3].at->column == 1);
    CHECK(diagnostics.items()[4].at->column == 2);
    CHECK(diagnostics.items()[5].at->line == 10);
    CHECK(diagnostics.items()[6].at->source == "b.yaml");
}

TEST_CASE("what differs in the parent or listener only is kept") {
    Diagnostics diagnostics;
    Diagnostic diagnostic = at("a.yaml", 1, 1);
    diagnostics.add(diagnostic);
    diagnostic.parent = 0;
    diagnostics.add(diagnostic);
    diagnostic.parent = 1;
    diagnostics.add(diagnostic);
    diagnostic.listener = "web";
    diagnostics.add(diagnostic);
    diagnostics.sort();
    CHECK(diagnostics.items().size() == 4);
}

TEST_CASE("count and has_errors go by the code's severity") {
    Diagnostics diagnostics;
    CHECK(diagnostics.empty());
    Diagnostic note;
    note.code = Code::KindSkipped;
    diagnostics.add(note);
    CHECK_FALSE(diagnostics.has_errors());
    Diagnostics more;
    more.add(at("a", 1, 1));
    diagnostics.append(more);
    CHECK(diagnostics.has_errors());
    CHECK(diagnostics.count(Severity::Error) == 1);
    CHECK(diagnostics.count(Severity::Warning) == 0);
    CHECK(diagnostics.count(Severity::Note) == 1);
}

}  // namespace gatefile::diag
