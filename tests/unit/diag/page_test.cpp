// SPDX-License-Identifier: Apache-2.0
#include "gatefile/diag/page.hpp"

#include <doctest/doctest.h>

namespace gatefile::diag {

TEST_CASE("every code has a cure, in sentences") {
    for (const CodeInfo& row : all_codes()) {
        CAPTURE(row.name);
        CHECK(page(row.code).cure.ends_with('.'));
    }
}

TEST_CASE("a page has meaning, condition, cure and example") {
    const std::string text = print_page(Code::BackendNotFound);
    CHECK(text.starts_with("backend-not-found (error): "));
    CHECK(text.find("\nCondition: ResolvedRefs, reason BackendNotFound\n") != std::string::npos);
    CHECK(text.find("\nWhat to do: Add the Service") != std::string::npos);
    CHECK(text.find("error[backend-not-found]: ") != std::string::npos);
    CHECK(text.ends_with('\n'));
    CHECK(print_page(Code::KindSkipped).find("Condition") == std::string::npos);
}

}  // namespace gatefile::diag
