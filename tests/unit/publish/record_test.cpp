// SPDX-License-Identifier: Apache-2.0
#include "../../../src/publish/record.hpp"

#include <doctest/doctest.h>

using namespace gatefile::publish;

TEST_CASE("a record reads back") {
    Record record{12, {{"a.json", {std::string(64, 'a'), std::string(64, 'b')}}}};
    const auto again = parse_record(write_record(record));
    REQUIRE(again.has_value());
    CHECK(again->weight == 12);
    CHECK(again->files == record.files);
}

TEST_CASE("a damaged record counts as none") {
    const std::string good = write_record({1, {{"a.json", {std::string(64, 'a')}}}});
    CHECK_FALSE(parse_record("").has_value());
    CHECK_FALSE(parse_record(good.substr(0, good.size() - 1)).has_value());
    CHECK_FALSE(parse_record("something else\n").has_value());
    CHECK_FALSE(parse_record(good + std::string(64, 'c') + " ../up\n").has_value());
}
