// SPDX-License-Identifier: Apache-2.0
#include "gatefile/diag/code.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

namespace gatefile::diag {

TEST_CASE("every row of the table can be told from the others and says something") {
    std::set<std::string_view> names;
    for (const CodeInfo& row : all_codes()) {
        CAPTURE(row.name);
        CHECK(names.insert(row.name).second);
        CHECK_FALSE(row.name.empty());
        CHECK(std::all_of(row.name.begin(), row.name.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
        }));
        CHECK_FALSE(row.meaning.empty());
        CHECK(row.meaning.back() != '.');
        CHECK(info(row.code).name == row.name);
    }
}

TEST_CASE("a reason comes with a condition, and a condition with a class that it can follow from") {
    for (const CodeInfo& row : all_codes()) {
        CAPTURE(row.name);
        CHECK(row.reason.empty() == (row.condition == Condition::None));
        // What a comparison finds is no fault of an object, and may break clients all the same.
        const bool compares = row.name.starts_with("diff-") || row.name == "test-failed";
        if (row.klass == Class::Advice && !compares) CHECK(row.severity != Severity::Error);
        if (row.klass == Class::Refused) CHECK(row.severity == Severity::Error);
        if (row.klass == Class::Resolve) CHECK(row.condition == Condition::ResolvedRefs);
    }
}

TEST_CASE("names of severities and conditions") {
    CHECK(severity_name(Severity::Error) == "error");
    CHECK(severity_name(Severity::Warning) == "warning");
    CHECK(severity_name(Severity::Note) == "note");
    CHECK(condition_name(Condition::None).empty());
    CHECK(condition_name(Condition::ResolvedRefs) == "ResolvedRefs");
}

}  // namespace gatefile::diag
