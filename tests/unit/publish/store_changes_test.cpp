// SPDX-License-Identifier: Apache-2.0
#include "../../../src/publish/store_changes.hpp"

#include <doctest/doctest.h>

using namespace gatefile;
using publish::Pairs;

TEST_CASE("what is added, changed and removed, of either end and between") {
    const Pairs present{{"a", "1"}, {"c", "1"}, {"d", "1"}, {"f", ""}, {"z", "1"}};
    const Pairs wanted{{"b", "1"}, {"c", "1"}, {"d", "2"}, {"f", "1"}};
    const auto changes = publish::find_changes(present, wanted);
    REQUIRE(changes.added.size() == 2);
    CHECK(changes.added[0]->first == "b");
    CHECK(changes.added[1]->first == "f");  // made, and broken off
    REQUIRE(changes.changed.size() == 1);
    CHECK(changes.changed[0]->first == "d");
    REQUIRE(changes.removed.size() == 2);
    CHECK(changes.removed[0] == "a");
    CHECK(changes.removed[1] == "z");
    CHECK(publish::find_changes(wanted, wanted).count() == 0);
    CHECK(publish::find_changes(wanted, {}).removed.size() == 4);
}

TEST_CASE("Traefik reads four sections, whatever their case") {
    CHECK(publish::is_configuration("HTTP/routers/x"));
    CHECK(publish::is_configuration("tls/certificates/0/certFile"));
    CHECK_FALSE(publish::is_configuration("gatefile/generation"));
}
