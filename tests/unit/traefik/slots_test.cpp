// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>

#include "gatefile/traefik/static_config.hpp"

using namespace gatefile::traefik;

namespace {

StaticConfig config() {
    StaticConfig out;
    out.entry_points = {{.name = "lan", .host = "10.0.0.2", .port = 8000},
                        {.name = "web", .port = 8000, .redirects_to = "websecure"},
                        {.name = "websecure", .host = "0.0.0.0", .port = 8443}};
    return out;
}

}  // namespace

TEST_CASE("one slot per bind address, ports through the map") {
    const auto slots = make_slots(config(), {.port_map = {{80, 8000}, {443, 8443}}});
    REQUIRE(slots.has_value());
    REQUIRE(slots->size() == 2);
    const auto& any = (*slots)[0];
    CHECK(any.name == "default");
    CHECK_FALSE(any.address);
    REQUIRE(any.ports.size() == 4);
    CHECK(any.ports[0].port == 80);
    CHECK(any.ports[0].entry_point == "web");
    CHECK(any.ports[0].redirects_to == "websecure");
    CHECK(any.ports[1].port == 443);
    CHECK(any.ports[2].port == 8000);
    const auto& lan = (*slots)[1];
    CHECK(lan.address == "10.0.0.2");
    CHECK(lan.ports[0].entry_point == "lan");
}

TEST_CASE("a port that is mapped elsewhere is not its own any more") {
    StaticConfig two;
    two.entry_points = {{.name = "a", .port = 80}, {.name = "b", .port = 8080}};
    const auto slots = make_slots(two, {.port_map = {{80, 8080}}});
    REQUIRE(slots.has_value());
    REQUIRE((*slots)[0].ports.size() == 2);
    CHECK((*slots)[0].ports[0].port == 80);
    CHECK((*slots)[0].ports[0].entry_point == "b");
}

TEST_CASE("named slots") {
    SlotSettings settings;
    settings.slots = {{.name = "dmz", .entry_points = {"web", "websecure"}, .address = "192.0.2.1"},
                      {.name = "lan", .entry_points = {"lan"}}};
    const auto slots = make_slots(config(), settings);
    REQUIRE(slots.has_value());
    REQUIRE(slots->size() == 2);
    CHECK((*slots)[0].address == "192.0.2.1");
    CHECK((*slots)[1].address == "10.0.0.2");
}

TEST_CASE("slots that contradict each other or Traefik are refused") {
    SlotSettings unknown;
    unknown.slots = {{.name = "a", .entry_points = {"nope"}}};
    CHECK_FALSE(make_slots(config(), unknown).has_value());
    SlotSettings twice;
    twice.slots = {{.name = "a", .entry_points = {"web"}}, {.name = "b", .entry_points = {"web"}}};
    CHECK_FALSE(make_slots(config(), twice).has_value());
    SlotSettings same_port;
    same_port.slots = {{.name = "a", .entry_points = {"web", "lan"}}};
    CHECK_FALSE(make_slots(config(), same_port).has_value());
}
