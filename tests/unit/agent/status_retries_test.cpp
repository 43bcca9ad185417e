// SPDX-License-Identifier: Apache-2.0
#include "status_retries.hpp"

#include <doctest/doctest.h>

namespace gatefile::agent {
namespace {

using namespace std::chrono_literals;
using Objects = StatusRetries::Objects;

const StatusRetries::Clock::time_point start = StatusRetries::Clock::time_point(1h);

diag::ObjectRef route(const std::string& name, const std::string& ns = "shop") {
    return {"HTTPRoute", ns, name};
}

source::ApiAnswer answer(int status) {
    return {.status = status};
}

/// How long `object` has to wait after each of so many failures.
std::vector<std::chrono::seconds> pauses(int status, int count, double random) {
    StatusRetries retries;
    std::vector<std::chrono::seconds> found;
    auto now = start;
    for (int i = 0; i < count; ++i) {
        retries.answered(route("a"), answer(status), now, random);
        const auto due = retries.due();
        REQUIRE(due);
        found.push_back(std::chrono::duration_cast<std::chrono::seconds>(*due - now));
        CHECK(retries.take(*due - 1ms).empty());
        CHECK(retries.take(*due) == Objects{route("a")});
        CHECK_FALSE(retries.waits(route("a")));
        now = *due;
    }
    return found;
}

TEST_CASE("pauses grow to a minute, and not all by the same") {
    const std::vector<std::chrono::seconds> longest{2s, 4s, 8s, 16s, 32s, 60s, 60s, 60s};
    const std::vector<std::chrono::seconds> shortest{1s, 2s, 4s, 8s, 16s, 30s, 30s, 30s};
    for (const int status : {0, 403, 409, 422, 500}) {
        CAPTURE(status);
        CHECK(pauses(status, 8, 1) == longest);
        CHECK(pauses(status, 8, 0) == shortest);
    }
}

TEST_CASE("who was written begins anew") {
    StatusRetries retries;
    retries.answered(route("a"), answer(500), start, 1);
    retries.answered(route("a"), answer(500), start, 1);
    CHECK(retries.due() == start + 4s);
    retries.answered(route("a"), answer(200), start, 1);
    CHECK_FALSE(retries.due());
    retries.answered(route("a"), answer(500), start, 1);
    CHECK(retries.due() == start + 2s);
    retries.done(route("a"));
    CHECK_FALSE(retries.due());
}

TEST_CASE("where it is forbidden one is tried for all of its kind and namespace") {
    StatusRetries retries;
    CHECK_FALSE(retries.waits(route("a")));
    // Two were under way.
    CHECK(retries.answered(route("a"), answer(403), start, 1).empty());
    CHECK(retries.answered(route("b"), answer(403), start, 1).empty());
    CHECK(retries.waits(route("a")));
    CHECK(retries.waits(route("c")));
    CHECK_FALSE(retries.waits(route("a", "other")));
    CHECK_FALSE(retries.waits({"GRPCRoute", "shop", "a"}));
    CHECK(retries.take(start + 1h) == Objects{route("a")});
    CHECK_FALSE(retries.waits(route("a")));
    CHECK(retries.answered(route("a"), answer(403), start + 1h, 1).empty());
    CHECK(retries.waits(route("a")));
    CHECK(retries.take(start + 2h) == Objects{route("a")});
    CHECK(retries.answered(route("a"), answer(200), start + 2h, 1) ==
          Objects{route("b"), route("c")});
    CHECK_FALSE(retries.waits(route("b")));
    CHECK_FALSE(retries.due());
}

TEST_CASE("only an answer that tells of rights lets the others go") {
    for (const int status : {0, 401, 429, 500, 503}) {
        CAPTURE(status);
        StatusRetries retries;
        retries.answered(route("a"), answer(403), start, 1);
        CHECK(retries.waits(route("b")));
        CHECK(retries.answered(route("a"), answer(status), start, 1).empty());
        CHECK(retries.waits(route("b")));
    }
    for (const int status : {200, 404, 409, 422}) {
        CAPTURE(status);
        StatusRetries retries;
        retries.answered(route("a"), answer(403), start, 1);
        CHECK(retries.waits(route("b")));
        CHECK(retries.answered(route("a"), answer(status), start, 1) == Objects{route("b")});
        CHECK_FALSE(retries.waits(route("b")));
    }
}

TEST_CASE("one that is tried and need not be written makes room for the others") {
    StatusRetries retries;
    retries.answered(route("a"), answer(403), start, 1);
    CHECK(retries.waits(route("b")));
    CHECK(retries.done(route("a")) == Objects{route("b")});
    CHECK_FALSE(retries.waits(route("b")));
}

TEST_CASE("quiet that the API server asks for holds for all, a minute at most") {
    StatusRetries retries;
    source::ApiAnswer busy = answer(429);
    busy.retry_after = 20s;
    retries.answered(route("a"), busy, start, 1);
    CHECK(retries.quiet_until() == start + 20s);
    CHECK(retries.due() == start + 20s);
    retries.answered(route("b"), answer(500), start, 1);
    CHECK(retries.due() == start + 20s);
    busy.retry_after = 3600s;
    retries.answered(route("a"), busy, start, 1);
    CHECK(retries.quiet_until() == start + 60s);
}

}  // namespace
}  // namespace gatefile::agent
