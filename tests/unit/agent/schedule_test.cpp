// SPDX-License-Identifier: Apache-2.0
#include "schedule.hpp"

#include <doctest/doctest.h>

namespace gatefile::agent {
namespace {

using namespace std::chrono_literals;

const Schedule::Moment start = Schedule::Moment{} + 1h;

Schedule idle() {
    return Schedule(3ms, 500ms);
}

TEST_CASE("nothing is due without a change") {
    CHECK_FALSE(idle().due());
}

TEST_CASE("a change waits for quiet, but not for ever") {
    Schedule schedule = idle();
    schedule.changed(start);
    CHECK(schedule.due() == start + 3ms);
    for (auto at = 2ms; at < 900ms; at += 2ms)
        schedule.changed(start + at);
    CHECK(schedule.due() == start + 500ms);
}

TEST_CASE("while Traefik applies a generation changes are collected") {
    Schedule schedule = idle();
    schedule.changed(start);
    schedule.taken();
    schedule.applying(start + 5ms);
    CHECK_FALSE(schedule.due());
    schedule.changed(start + 10ms);
    CHECK(schedule.due() == start + 505ms);
    schedule.applied(start + 100ms);
    REQUIRE(schedule.due());
    CHECK(*schedule.due() > start + 100ms);
    CHECK(*schedule.due() < start + 200ms);
}

TEST_CASE("the rests of a burst grow, and end with it") {
    Schedule schedule = idle();
    auto now = start;
    Schedule::Clock::duration last{};
    for (int i = 0; i < 3; ++i) {
        schedule.changed(now);
        schedule.applied(now);
        const auto rest = *schedule.due() - now;
        CHECK(rest > last);
        last = rest;
    }
    schedule.taken();
    schedule.applied(now);
    schedule.changed(now + 1ms);
    CHECK(schedule.due() == now + 4ms);
}

}  // namespace
}  // namespace gatefile::agent
