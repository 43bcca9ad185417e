// SPDX-License-Identifier: Apache-2.0
#include "gatefile/diag/path.hpp"

#include <doctest/doctest.h>

namespace gatefile::diag {

TEST_CASE("a path prints as the API server writes field paths") {
    CHECK(Path().text().empty());
    CHECK(Path("").empty());
    CHECK((Path("spec.rules") / 2 / "filters" / std::size_t{0} / "urlRewrite").text() ==
          "spec.rules[2].filters[0].urlRewrite");
    CHECK((Path("metadata.labels") / "app.kubernetes.io/name").text() ==
          "metadata.labels[\"app.kubernetes.io/name\"]");
    CHECK((Path() / "").text() == "[\"\"]");
    CHECK((Path("data") / "a\nb").text() == R"(data["a\nb"])");
}

TEST_CASE("a digit as a field is no index") {
    const Path field = Path("data") / "0";
    const Path index = Path("data") / std::size_t{0};
    CHECK(field != index);
    CHECK(field.text() == "data.0");
    CHECK(index.text() == "data[0]");
}

TEST_CASE("extending a path leaves the shorter one as it was") {
    const Path rules("spec.rules");
    const Path first = rules / std::size_t{0};
    CHECK(rules.segments().size() == 2);
    CHECK(first.starts_with(rules));
    CHECK(first.starts_with(first));
    CHECK(first.starts_with(Path()));
    CHECK_FALSE(rules.starts_with(first));
    CHECK_FALSE((Path("spec.rulesets") / std::size_t{0}).starts_with(rules));
}

TEST_CASE("paths are ordered by index, not by digits") {
    const Path rules("spec.rules");
    CHECK(rules / 2 < rules / 10);
    CHECK(rules < rules / std::size_t{0});
}

}  // namespace gatefile::diag
