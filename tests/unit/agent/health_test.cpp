// SPDX-License-Identifier: Apache-2.0
#include "health.hpp"

#include <doctest/doctest.h>

#include <chrono>

using gatefile::agent::Check;
using gatefile::agent::Health;
using std::chrono::seconds;

TEST_CASE("it lives as long as the loop turns") {
    const auto start = Health::Clock::now();
    Health health(false, start);
    CHECK(health.live(false, start + seconds(30)).ok);
    CHECK_FALSE(health.live(false, start + seconds(31)).ok);
    CHECK(health.live(false, start + seconds(31)).text ==
          "[-]loop failed: no turn for 31 s\nlivez check failed\n");
    health.tick(start + seconds(20));
    CHECK(health.live(false, start + seconds(31)).text == "ok");
    CHECK(health.live(true, start + seconds(31)).text == "[+]loop ok\nlivez check passed\n");
}

TEST_CASE("with Traefik's API the first generation that Traefik serves makes it ready") {
    Health health(true);
    CHECK_FALSE(health.ready(false).ok);
    CHECK(health.ready(false).text == "[-]synced failed: not every kind has been listed yet\n"
                                      "[-]published failed: nothing has been published yet\n"
                                      "[-]loaded failed: Traefik has not loaded a generation yet\n"
                                      "readyz check failed\n");
    health.pass(Check::Synced);
    health.pass(Check::Published);
    CHECK_FALSE(health.ready(false).ok);
    health.pass(Check::Loaded);
    CHECK(health.ready(false).ok);
    CHECK(health.ready(false).text == "ok");
    CHECK(health.ready(true).text ==
          "[+]synced ok\n[+]published ok\n[+]loaded ok\nreadyz check passed\n");
}

TEST_CASE("without it the first publication does, and there is no check for loading") {
    Health health(false);
    health.pass(Check::Synced);
    CHECK_FALSE(health.ready(false).ok);
    health.pass(Check::Published);
    CHECK(health.ready(false).ok);
    CHECK(health.ready(true).text == "[+]synced ok\n[+]published ok\nreadyz check passed\n");
    CHECK_FALSE(health.ready_check("loaded").has_value());
}

TEST_CASE("it stays ready through what goes wrong later, and says what does") {
    Health health(true);
    health.pass(Check::Published);
    health.pass(Check::Loaded);
    health.fail(Check::Loaded, "generation 12ab not seen within 10 s");
    health.fail(Check::Synced, "HTTPRoute: 403 Forbidden");
    CHECK(health.ready(false).ok);
    CHECK(health.ready(true).text ==
          "[-]synced failed: HTTPRoute: 403 Forbidden\n[+]published ok\n"
          "[-]loaded failed: generation 12ab not seen within 10 s\nreadyz check passed\n");
    CHECK_FALSE(health.ready_check("loaded")->ok);
    CHECK(health.ready_check("loaded")->text ==
          "[-]loaded failed: generation 12ab not seen within 10 s\n");
    health.pass(Check::Loaded);
    CHECK(health.ready_check("loaded")->text == "ok");
}

TEST_CASE("what has been published once stays there for a Traefik that starts") {
    Health health(true);
    health.fail(Check::Published, "disk full");
    CHECK(health.ready_check("published")->text == "[-]published failed: disk full\n");
    health.pass(Check::Published);
    health.fail(Check::Published, "disk full");
    CHECK(health.ready_check("published")->ok);
    CHECK_FALSE(health.ready(false).ok);
}

TEST_CASE("only checks that exist have a name") {
    const Health health(true);
    CHECK(health.ready_check("synced").has_value());
    CHECK_FALSE(health.ready_check("").has_value());
    CHECK_FALSE(health.ready_check("sync").has_value());
    CHECK_FALSE(health.ready_check("published/").has_value());
}

TEST_CASE("who waits for something to serve is let go, and readiness stays what it is") {
    Health health(true);
    CHECK_FALSE(health.ready_check("published")->ok);
    health.waive_published("nothing is published yet");
    const auto published = health.ready_check("published");
    CHECK(published->ok);
    CHECK(published->text == "ok, though nothing is published yet\n");
    CHECK_FALSE(health.ready(false).ok);
    health.pass(Check::Published);
    CHECK(health.ready_check("published")->text == "ok");
}
