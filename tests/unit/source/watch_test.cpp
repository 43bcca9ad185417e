// SPDX-License-Identifier: Apache-2.0
#include "watch.hpp"

#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include "scripted.hpp"

namespace gatefile::source {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

/// All HTTPRoutes of such a server.
struct Watched : ScriptedServer {
    Watched(const std::string& name, const std::string& script)
        : ScriptedServer(name, script),
          watch(server, {&resource_of("HTTPRoute"), {}, {}}, handlers(), std::nullopt) {}

    WatchHandlers handlers() {
        const auto name = [](const tree::Node& node) {
            return std::string(node.find("metadata")->find("name")->as_string());
        };
        return {.list_begins = [this] { heard += "list "; },
                .list_ends = [this] { heard += "end "; },
                .put = [this, name](const tree::Node& node) { heard += "+" + name(node) + " "; },
                .remove = [this, name](const tree::Node& node) { heard += "-" + name(node) + " "; },
                .state = [](WatchState, const std::string&) {},
                .restarted = [this](std::string_view reason) {
                    heard += "(" + std::string(reason) + ") ";
                    restarted = Watch::Clock::now();
                }};
    }

    bool until_heard(const std::string& what) {
        return http::drive(client, [&] {
            watch.turn(Watch::Clock::now());
            return heard.ends_with(what + " ");
        });
    }

    /// From what went wrong last to the next try, which is made at once.
    milliseconds delay() {
        REQUIRE(watch.due());
        const auto due = *watch.due();
        watch.turn(due);
        return std::chrono::duration_cast<milliseconds>(due - restarted);
    }

    std::string heard;  ///< what the handlers were told, in its order
    Watch::Clock::time_point restarted;
    Watch watch;
};

constexpr const char* collection = "apis/gateway.networking.k8s.io/v1/httproutes?";

}  // namespace

TEST_CASE("a list comes over the watch, and what follows is watched from its bookmark") {
    Watched w("bookmark",
              "200\n" + event("ADDED", "a", "3") + bookmark("4") + event("ADDED", "b", "2") +
                  end_of_list("5") + event("MODIFIED", "a", "6") + event("DELETED", "b", "7") +
                  bookmark("9") + "\n200 open\n" + event("ADDED", "c", "10"));
    REQUIRE(w.until_heard("+c"));
    CHECK(w.heard == "list +a +b end +a -b (ended) +c ");
    CHECK(w.watch.state() == WatchState::Synced);
    const auto asked = w.asked();
    REQUIRE(asked.size() == 2);
    CHECK(asked[0].starts_with(collection));
    CHECK(has(asked[0], "watch=1"));
    CHECK(has(asked[0], "&allowWatchBookmarks=true"));
    CHECK(has(asked[0], "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"));
    CHECK(has(asked[1], "watch=1"));
    CHECK(asked[1].ends_with("&resourceVersion=9"));
    CHECK(!has(asked[1], "sendInitialEvents"));
}

TEST_CASE("where the server has no WatchList, lists are asked for by the page") {
    for (const std::string refusal : {"400", "422"}) {
        CAPTURE(refusal);
        const std::string page = "\n200\n" R"({"metadata":{"resourceVersion":"7")";
        const std::string first = page + R"(,"continue":"t/1="},"items":[)";
        const std::string last = page + R"(},"items":[)";
        Watched w("pages-" + refusal,
                  refusal + "\n{\"message\":\"sendInitialEvents is forbidden\"}\n" + first +
                      object("a", "3") + "," + object("b", "4") + "]}\n" + last +
                      object("c", "5") + "]}\n\n200\n" + event("ADDED", "d", "8") +
                      error("410") + last + object("e", "9") + "]}\n\n200 open\n");
        REQUIRE(w.until_heard("+e end"));
        CHECK(w.heard == "list list +a +b +c end +d (expired) list +e end ");
        const auto asked = w.asked();
        REQUIRE(asked.size() >= 5);
        CHECK(has(asked[0], "&sendInitialEvents=true"));
        CHECK(asked[1] == std::string(collection) + "limit=500");
        CHECK(asked[2] == std::string(collection) + "limit=500&continue=t%2F1%3D");
        CHECK(asked[3].ends_with("&resourceVersion=7"));
        CHECK(asked[4] == asked[1]);  // what was refused once is not asked for again
    }
}

TEST_CASE("a version that the server has forgotten leads to a new list, at once") {
    const std::string list = "200\n" + event("ADDED", "a", "3") + end_of_list("5");
    const std::string again = "\n200 open\n" + event("ADDED", "b", "8") + end_of_list("9");
    SUBCASE("told in the stream") {
        Watched w("expired", list + event("MODIFIED", "a", "6") + error("410") + again);
        REQUIRE(w.until_heard("+b end"));
        CHECK(w.heard == "list +a end +a (expired) list +b end ");
        const auto asked = w.asked();
        REQUIRE(asked.size() == 2);
        CHECK(has(asked[1], "&sendInitialEvents=true"));
        CHECK(!has(asked[1], "&resourceVersion="));
    }
    SUBCASE("told as a status") {
        Watched w("gone", list + "\n410\n{\"code\":410}\n" + again);
        REQUIRE(w.until_heard("+b end"));
        CHECK(w.heard == "list +a end (ended) (expired) list +b end ");
    }
    SUBCASE("another error in the stream is no reason to") {
        Watched w("error", list + error("500") + "\n200 open\n" + event("ADDED", "c", "6"));
        REQUIRE(w.until_heard("+c"));
        CHECK(w.heard == "list +a end (ended) +c ");
        CHECK(w.asked().back().ends_with("&resourceVersion=5"));
    }
}

TEST_CASE("what fails is tried again after a while that grows, is not the same for all, and ends") {
    std::string script;
    constexpr int failures = 14;
    for (int i = 0; i < failures; ++i)
        script += "500\n{\"message\":\"broken\"}\n\n";
    Watched w("back-off", script + "200\n" + end_of_list("5"));
    // What passes between the failure and the look at the clock; a busy machine takes its time.
    constexpr auto slack = 200ms;
    std::vector<milliseconds> longest;
    for (int i = 0; i < failures; ++i) {
        CAPTURE(i);
        w.heard.clear();
        REQUIRE(w.until_heard("(error)"));
        CHECK(w.watch.state() == WatchState::Failing);
        CHECK(has(w.watch.problem(), "broken"));
        const auto whole = std::min(milliseconds(500) * (1 << std::min(i, 5)), milliseconds(10000));
        const milliseconds delay = w.delay();
        CHECK(delay >= whole / 2);
        CHECK(delay < whole + slack);
        if (whole == 10s) longest.push_back(delay);
    }
    const auto [least, most] = std::minmax_element(longest.begin(), longest.end());
    CHECK(*most - *least > 2 * slack);
    // A watch that ends at once, but was good, begins anew.
    REQUIRE(w.until_heard("end (ended)"));
    CHECK(w.watch.state() == WatchState::Synced);
    CHECK(w.delay() < 500ms + slack);
}

TEST_CASE("a watch that was good makes up for those before it that were not") {
    Watched w("good",
              "200\n" + end_of_list("5") + "\n200\n\n200\n\n200\n\n200 lasting\n" +
                  event("ADDED", "a", "6") + "\n200\n\n200 open\n");
    for (int i = 0; i < 4; ++i) {
        w.heard.clear();
        REQUIRE(w.until_heard("(ended)"));
        w.delay();
    }
    w.heard.clear();
    REQUIRE(w.until_heard("+a (ended) (ended)"));
    CHECK(w.delay() < 700ms);
}

TEST_CASE("objects nested as deep as an API server takes them are read") {
    const std::string deep = R"(,"spec":)" + nested(9998);
    Watched w("deep", "200\n" + event("ADDED", "a", "3", deep) + end_of_list("5") +
                          "\n200 open\n" + event("MODIFIED", "a", "6", deep));
    REQUIRE(w.until_heard("(ended) +a"));
    CHECK(w.heard == "list +a end (ended) +a ");
    Watched paged("deep-page", "422\n\n200\n" R"({"metadata":{"resourceVersion":"7"},"items":[)" +
                                   object("a", "3", deep) + "]}\n\n200 open\n");
    REQUIRE(paged.until_heard("end"));
    CHECK(paged.heard == "list list +a end ");
}

TEST_CASE("an event that cannot be read is a reason for a new list") {
    for (const std::string bad : {R"({"type":"MODIFIED","object":{"metadata)", "{}", "[1]"}) {
        CAPTURE(bad);
        Watched w("bad-event-" + std::to_string(bad.size()),
                  "200\n" + event("ADDED", "a", "3") + end_of_list("5") + bad + "\n" +
                      event("ADDED", "b", "6") + "\n200 open\n" + event("ADDED", "c", "7") +
                      end_of_list("8"));
        REQUIRE(w.until_heard("(error)"));
        CHECK(w.watch.state() == WatchState::Failing);
        CHECK(has(w.watch.problem(), "what the API server sends is no event"));
        REQUIRE(w.until_heard("end"));
        CHECK(w.heard == "list +a end (error) list +c end ");
        CHECK(has(w.asked().back(), "&sendInitialEvents=true"));
    }
}

}  // namespace gatefile::source
