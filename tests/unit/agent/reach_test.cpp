// SPDX-License-Identifier: Apache-2.0
#include "reach.hpp"

#include <doctest/doctest.h>

namespace gatefile::agent {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a cluster is lost when it was away for a while, and no longer when it answers") {
    const Reach::Clock::time_point start{};
    Reach reach;
    CHECK_FALSE(reach.turn(false, start));
    CHECK_FALSE(reach.due());
    CHECK_FALSE(reach.turn(true, start));
    CHECK(reach.due() == start + Reach::patience);
    CHECK_FALSE(reach.turn(true, start + Reach::patience - 1ms));
    CHECK_FALSE(reach.is_lost());
    CHECK(reach.turn(true, start + Reach::patience));
    CHECK(reach.is_lost());
    CHECK_FALSE(reach.due());
    CHECK_FALSE(reach.turn(true, start + Reach::patience + 1s));
    CHECK(reach.turn(false, start + Reach::patience + 2s));
    CHECK_FALSE(reach.is_lost());
}

TEST_CASE("a restart of its API server makes no cluster lost") {
    const Reach::Clock::time_point start{};
    Reach reach;
    for (int i = 0; i < 20; ++i) {
        CHECK_FALSE(reach.turn(true, start + i * Reach::patience));
        CHECK_FALSE(reach.turn(false, start + i * Reach::patience + 5s));
    }
}

}  // namespace
}  // namespace gatefile::agent
