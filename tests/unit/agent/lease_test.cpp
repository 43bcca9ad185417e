// SPDX-License-Identifier: Apache-2.0
#include "gatefile/agent/lease.hpp"

#include <doctest/doctest.h>

#include "gatefile/tree/read.hpp"

namespace gatefile::agent {
namespace {

using namespace std::chrono_literals;
using Do = Election::Do;
using Clock = Election::Clock;

const Clock::time_point start = Clock::time_point(1h);
const std::string me = "pod-a_1";
const std::string other = "pod-b_2";

LeaseState parse(std::string_view json) {
    const auto document = tree::read_json(json);
    REQUIRE(document);
    return parse_lease(document->root);
}

/// What the API server makes of a body: the same with a new resource version.
LeaseState stored(const std::string& body, std::string version) {
    LeaseState lease = parse(body);
    lease.resource_version = std::move(version);
    return lease;
}

LeaseState held_by(std::string holder, std::string renewed = "t1") {
    return {"7", std::move(holder), 15s, "t0", std::move(renewed), 4};
}

Election election() {
    return Election({"traefik", "gatefile"}, me);
}

Election leader() {
    Election made = election();
    made.saw(std::nullopt, start, 0.5);
    made.wrote(stored(made.body({0}), "1"), start);
    return made;
}

TEST_CASE("a Lease that nobody has made is made") {
    Election made = election();
    CHECK(made.next(start).what == Do::Read);
    CHECK_FALSE(made.leads(start));
    made.saw(std::nullopt, start, 0.5);
    CHECK(made.next(start).what == Do::Create);
    CHECK(made.body({0}) ==
          R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"gatefile",)"
          R"("namespace":"traefik"},"spec":{"holderIdentity":"pod-a_1","leaseDurationSeconds":15,)"
          R"("acquireTime":"1970-01-01T00:00:00.000000Z",)"
          R"("renewTime":"1970-01-01T00:00:00.000000Z","leaseTransitions":0}})"
          "\n");
    CHECK_FALSE(made.leads(start));
    made.wrote(stored(made.body({0}), "1"), start);
    CHECK(made.leads(start));
    CHECK(made.holder() == me);
}

TEST_CASE("a leader renews every two seconds without reading") {
    Election made = leader();
    CHECK(made.next(start + 1s).what == Do::Wait);
    CHECK(made.next(start + 1s).at == start + 2s);
    CHECK(made.next(start + 2s).what == Do::Update);
    const LeaseState renewed = parse(made.body({2}));
    CHECK(renewed.resource_version == "1");
    CHECK(renewed.acquire_time == "1970-01-01T00:00:00.000000Z");
    CHECK(renewed.renew_time == "1970-01-01T00:00:02.000000Z");
    CHECK(renewed.transitions == 0);
}

TEST_CASE("a leader that cannot renew stops to lead before another may take over") {
    Election made = leader();
    made.failed(start + 2s, 0.9);
    CHECK(made.next(start + 2s).at == start + 4s);
    CHECK(made.next(start + 4s).what == Do::Read);
    CHECK(made.leads(start + 9999ms));
    CHECK_FALSE(made.leads(start + 10s));
    // It can come back while nobody took the Lease.
    made.saw(stored(made.release_body({0}), "1"), start + 11s, 0);
    CHECK_FALSE(made.leads(start + 11s));
    CHECK(made.next(start + 11s).what == Do::Update);
}

TEST_CASE("a conflict is looked into at once") {
    Election made = leader();
    made.conflicted(start + 2s);
    CHECK(made.next(start + 2s).what == Do::Read);
    CHECK(made.leads(start + 2s));
    made.saw(held_by(other), start + 2s, 0);
    CHECK_FALSE(made.leads(start + 2s));
    CHECK(made.holder() == other);
}

TEST_CASE("a Lease of our own that was changed by a stranger is renewed from what it is now") {
    Election made = leader();
    made.conflicted(start + 2s);
    LeaseState touched = stored(made.release_body({0}), "9");
    touched.holder = me;
    made.saw(touched, start + 2s, 0);
    CHECK(made.leads(start + 2s));
    CHECK(made.next(start + 2s).what == Do::Update);
    CHECK(parse(made.body({2})).resource_version == "9");
}

TEST_CASE("while another leads it is asked again and again, with jitter") {
    Election made = election();
    made.saw(held_by(other), start, 0.5);
    CHECK(made.next(start).what == Do::Wait);
    CHECK(made.next(start).at == start + 3200ms);
    CHECK(made.next(start + 3200ms).what == Do::Read);
    made.saw(held_by(other), start + 4s, 0);
    CHECK(made.next(start + 4s).at == start + 6s);
}

TEST_CASE("another is dead when it was seen to do nothing for its Lease's duration") {
    Election made = election();
    made.saw(held_by(other, "2000-01-01T00:00:00.000000Z"), start, 0);
    CHECK(made.next(start).what == Do::Wait);  // however old its times are
    made.saw(held_by(other, "2000-01-01T00:00:00.000000Z"), start + 14999ms, 0);
    CHECK(made.next(start + 14999ms).what == Do::Wait);
    made.saw(held_by(other, "2000-01-01T00:00:00.000000Z"), start + 15s, 0);
    CHECK(made.next(start + 15s).what == Do::Wait);  // not due yet
    CHECK(made.next(start + 17s).what == Do::Update);
    const LeaseState taken = parse(made.body({100}));
    CHECK(taken.holder == me);
    CHECK(taken.resource_version == "7");
    CHECK(taken.transitions == 5);
    CHECK(taken.acquire_time == "1970-01-01T00:01:40.000000Z");
}

TEST_CASE("any sign of life counts anew") {
    Election made = election();
    made.saw(held_by(other, "t1"), start, 0);
    made.saw(held_by(other, "t2"), start + 14s, 0);
    made.saw(held_by(other, "t2"), start + 28s, 0);
    CHECK(made.next(start + 29s).what == Do::Wait);
    CHECK(made.next(start + 30s).what == Do::Read);
    made.saw(held_by(other, "t2"), start + 30s, 0);
    CHECK(made.next(start + 30s).what == Do::Update);
}

TEST_CASE("a Lease that was let go is taken at once") {
    Election made = election();
    made.saw(held_by(""), start, 0);
    CHECK(made.next(start).what == Do::Update);
    CHECK(parse(made.body({0})).transitions == 5);
}

TEST_CASE("the Lease is let go in a way that the next leader sees") {
    const LeaseState released = parse(leader().release_body({9}));
    CHECK(released.holder.empty());
    CHECK(released.duration == 1s);
    CHECK(released.resource_version == "1");
    CHECK(released.renew_time == "1970-01-01T00:00:09.000000Z");
}

TEST_CASE("Leases of any shape are read") {
    for (const char* json : {"null",
                             "[]",
                             "{}",
                             R"({"metadata":1,"spec":[]})",
                             R"({"spec":{"holderIdentity":1,"leaseDurationSeconds":"x"}})"}) {
        CAPTURE(json);
        CHECK(parse(json).holder.empty());
        CHECK(parse(json).duration == 0s);
    }
    LeaseState endless =
        parse(R"({"spec":{"holderIdentity":"x","leaseDurationSeconds":9223372036854775807}})");
    Election made = election();
    made.saw(endless, start, 0);
    CHECK(made.next(start).what == Do::Wait);
    CHECK(parse(R"({"spec":{"leaseDurationSeconds":-5}})").duration == 0s);
}

TEST_CASE("an agent's own Lease says what it serves and whose it is") {
    Member member{{"traefik", "gatefile-a"}, me, "dmz", "g7", Member::Pod{"pod-a", "uid-1"}};
    CHECK(member_body(member, "", {0}) ==
          R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{)"
          R"("name":"gatefile-a","namespace":"traefik","labels":{"gatefile.dev/instance":"dmz"},)"
          R"("annotations":{"gatefile.dev/generation":"g7"},"ownerReferences":[{"apiVersion":"v1",)"
          R"("kind":"Pod","name":"pod-a","uid":"uid-1"}]},"spec":{"holderIdentity":"pod-a_1",)"
          R"("leaseDurationSeconds":15,"acquireTime":"1970-01-01T00:00:00.000000Z",)"
          R"("renewTime":"1970-01-01T00:00:00.000000Z","leaseTransitions":0}})"
          "\n");
    CHECK(parse(member_body(member, "12", {0})).resource_version == "12");
}

TEST_CASE("a Lease is the member's that wrote it, and of each life of its Pod") {
    const auto is_own = [](const Member& member, const Member& writer) {
        const auto document = tree::read_json(member_body(writer, "12", {0}));
        REQUIRE(document);
        return is_of(document->root, member);
    };
    const Member bare{{"traefik", "gatefile-a"}, me, "dmz", "g7", {}};
    Member other_life = bare;
    other_life.identity = other;
    CHECK(is_own(bare, bare));
    CHECK_FALSE(is_own(bare, other_life));
    Member in_pod = bare;
    in_pod.owner = {"pod-a", "uid-1"};
    other_life.owner = in_pod.owner;
    CHECK(is_own(in_pod, other_life));
    other_life.owner = {"pod-a", "uid-2"};
    CHECK_FALSE(is_own(in_pod, other_life));
    CHECK_FALSE(is_own(bare, other_life));
    const auto nothing = tree::read_json("[]");
    CHECK_FALSE(is_of(nothing->root, in_pod));
}

std::string member(std::string name, std::string generation, std::string renewed) {
    return R"({"metadata":{"name":")" + name + R"(","annotations":{"gatefile.dev/generation":")" +
           generation + R"("}},"spec":{"holderIdentity":")" + name +
           R"(","leaseDurationSeconds":15,"renewTime":")" + renewed + R"("}})";
}

void show(Members& members, std::string_view items, Clock::time_point now) {
    const auto document = tree::read_json(R"({"items":[)" + std::string(items) + "]}");
    REQUIRE(document);
    members.saw(document->root, now);
}

TEST_CASE("agents count while they live") {
    Members members;
    const auto count = [&](std::string_view generation, Clock::time_point now) {
        const Members::Count counted = members.count(generation, now);
        return std::pair(counted.agents, counted.serving);
    };
    using Pair = std::pair<std::size_t, std::size_t>;
    CHECK(count("g1", start) == Pair(0, 0));
    show(members, member("a", "g1", "t1") + "," + member("b", "g0", "t1"), start);
    CHECK(count("g1", start) == Pair(2, 1));
    show(members, member("a", "g1", "t2") + "," + member("b", "g1", "t1"), start + 10s);
    CHECK(count("g1", start + 14s) == Pair(2, 2));
    // "b" changed its annotation and not its renewTime: no sign of life.
    CHECK(count("g1", start + 15s) == Pair(1, 1));
    CHECK(count("g1", start + 25s) == Pair(0, 0));
    show(members, member("b", "g1", "t3"), start + 30s);
    CHECK(count("g1", start + 30s) == Pair(1, 1));
    CHECK(count("g2", start + 30s) == Pair(1, 0));
    show(members, R"(null,1,{"metadata":{"name":"c"}})", start + 31s);
    CHECK(count("g1", start + 31s) == Pair(0, 0));
}

TEST_CASE("an answer that is no list changes nothing") {
    Members members;
    show(members, member("a", "g1", "t1"), start);
    const auto document = tree::read_json(R"({"kind":"Status"})");
    members.saw(document->root, start + 1s);
    CHECK(members.count("g1", start + 1s).agents == 1);
}

}  // namespace
}  // namespace gatefile::agent
